// netlab guess serve: the game of the second lab sheet, over UDP, or with --tcp over TCP.
#include <fstream>
#include <sstream>

#include "base/decimal.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/parse_values.h"
#include "command/shared/server_options.h"
#include "protocol/guess/guessing_game.h"
#include "protocol/guess/number_riddle.h"
#include "protocol/guess/person_riddle.h"
#include "protocol/message/line_framing.h"

namespace netlab {
namespace {

constexpr std::uint64_t max_tries = 1000;
constexpr std::uint64_t max_peers_limit = 1'000'000;

std::vector<Person> people_of(const std::string& path) {
  if (path.empty()) return parse_people(famous_people, "the famous people");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw SystemError("read " + path);
  std::ostringstream text;
  errno = 0;
  // For an empty file, the insertion also fails, but leaves errno at 0.
  if (!(text << file.rdbuf()) && errno != 0) throw SystemError("read " + path);
  return parse_people(text.str(), path);
}

class GuessServe : public Action {
 public:
  void declare(Options& options) override {
    server_.declare_for_datagrams_or_tcp(options);
    options.group("Game");
    options.text("--numbers", numbers_, "A-B",
                 "the secret is a number in this range (default: 1-6)");
    options.text_or_flag(
        "--people", people_file_, "FILE",
        "the secret is a famous person, or one from FILE (lines NAME | ... : HINT)");
    options.exclusive({"--numbers", "--people"});
    options.flag("--tcp", tcp_, "use TCP instead of UDP");
    options.number("--tries", tries_, {1, max_tries}, "maximum guesses per game");
    options.number("--seed", seed_, {0, max_offset},
                   "seed for the secrets; the same seed repeats them");
    options.number("--max-peers", max_peers_, {1, max_peers_limit},
                   "maximum concurrent games over UDP");
  }

  ExitStatus run(const Output& output) override {
    const SharedRandom random_source(seed_);
    const auto people = people_file_ ? people_of(*people_file_) : std::vector<Person>();
    const NewConversation game = guess_game(people_file_ ? person_riddles(people, random_source)
                                                         : number_riddles(range(), random_source),
                                            tries_);
    if (!tcp_) {
      server_.serve_datagrams({.begin = game,
                               .max_peers = max_peers_,
                               .too_many_peers = "too many peers (--max-peers)"},
                              "guess", output);
      return ExitStatus::done;
    }
    const Talk talk{output.sink(), server_.idle_timeout(), server_.stall_timeout()};
    const auto handler = [&](Stream& client, Network& network) {
      LineFraming lines(client);
      converse(talk, *game(), lines, client, network);
    };
    server_.server_speaks_first();
    return server_.serve(handler, "guess", output) ? ExitStatus::done : ExitStatus::failed;
  }

 private:
  NumberRange range() const {
    return of_option("--numbers", [&] { return NumberRange::parse(numbers_.value_or("1-6")); });
  }

  ServerOptions server_{8888};
  std::optional<std::string> numbers_;
  std::optional<std::string> people_file_;
  bool tcp_ = false;
  std::uint64_t tries_ = 1;
  std::optional<std::uint64_t> seed_;
  std::uint64_t max_peers_ = 1024;
};

}  // namespace

std::unique_ptr<Action> guess_serve() {
  return std::make_unique<GuessServe>();
}

}  // namespace netlab
