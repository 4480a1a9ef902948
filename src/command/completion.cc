// netlab completion: prints a shell script that runs `netlab __complete` for the completions.
#include <map>

#include "cli/command.h"

namespace netlab {
namespace {

constexpr const char* bash = R"(_netlab() {
    local IFS=$'\n'
    COMPREPLY=($(netlab __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _netlab netlab
)";

constexpr const char* zsh = R"(#compdef netlab
_netlab() {
    local -a found
    found=("${(@f)$(netlab __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    found=("${(@)found//:/\\:}")
    found=("${(@)found//$'\t'/:}")
    if [[ -n "$found" ]]; then _describe netlab found; else _files; fi
}
)";

constexpr const char* fish = R"(function __netlab_complete
    set -l words (commandline -opc) (commandline -ct)
    netlab __complete $words[2..-1] 2>/dev/null
end
complete -c netlab -a '(__netlab_complete)'
)";

class Completion : public Action {
 public:
  void declare(Options& options) override {
    options.required_positional("SHELL", shell_, "bash, zsh or fish");
  }

  ExitStatus run(const Output& output) override {
    const std::map<std::string, const char*> scripts = {
        {"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    const auto script = scripts.find(shell_);
    if (script == scripts.end()) throw std::invalid_argument("SHELL must be bash, zsh or fish");
    output.always({"completion", script->second, {{"script", std::string(script->second)}}});
    return ExitStatus::done;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Action> completion() {
  return std::make_unique<Completion>();
}

}  // namespace netlab
