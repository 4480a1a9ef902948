// Options declares the options of a subcommand. It wraps CLI11, whose header takes four seconds to
// compile: only options.cc and the files that include command_tree.h include it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace netlab {

class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}

  // Help lists the options declared from now on under this heading.
  void group(const std::string& heading) { group_ = heading; }

  // `names` as CLI11 writes them: "-p,--port". The values are set when the command line is parsed.
  void flag(const std::string& names, bool& value, const std::string& help);
  void text(const std::string& names, std::string& value, const std::string& type,
            const std::string& help);
  void text(const std::string& names, std::optional<std::string>& value, const std::string& type,
            const std::string& help);
  void number(const std::string& names, std::uint64_t& value, std::uint64_t most,
              const std::string& help);
  void number(const std::string& names, std::optional<std::uint64_t>& value, std::uint64_t most,
              const std::string& help);
  // Bytes per second; the suffixes K, M and G are powers of 1024.
  void rate(const std::string& names, std::uint64_t& value, const std::string& help);
  // Seconds, optionally with a fraction.
  void seconds(const std::string& names, Duration& value, const std::string& help);
  void seconds(const std::string& names, std::optional<Duration>& value, const std::string& help);
  void choice(const std::string& names, std::string& value, const std::vector<std::string>& among,
              const std::string& help);
  // `name` as help shows it: "HOST[:PORT]". The capitals of its last word must be unique
  // among the command's positionals. Parsing fails when a required positional is missing.
  void positional(const std::string& name, std::string& value, const std::string& help);
  void positional(const std::string& name, std::optional<std::string>& value,
                  const std::string& help);
  void required_positional(const std::string& name, std::string& value, const std::string& help);
  // Takes all the remaining words.
  void positionals(const std::string& name, std::vector<std::string>& values,
                   const std::string& help);
  void required_positionals(const std::string& name, std::vector<std::string>& values,
                            const std::string& help);
  // May be given several times; takes the words up to the next option.
  void texts(const std::string& names, std::vector<std::string>& values, const std::string& type,
             const std::string& help);
  // The value may be left out, and is then empty.
  void text_or_flag(const std::string& names, std::optional<std::string>& value,
                    const std::string& type, const std::string& help);
  // At most one of these options may be given. They must have been declared.
  void exclusive(const std::vector<std::string>& names);

 private:
  CLI::Option* add(CLI::Option* option) const;

  CLI::App& app_;
  std::string group_ = "Options";
};

}  // namespace netlab
