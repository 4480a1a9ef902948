// netlab guess play: a player of the second lab sheet's guessing game.
#include <unistd.h>

#include <iostream>
#include <set>

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"
#include "cli/command.h"
#include "command/shared/run_client.h"
#include "protocol/guess/guessing_game.h"
#include "protocol/message/line_framing.h"
#include "transport/udp_client.h"

namespace netlab {
namespace {

// Over UDP a message or its reply may be lost, so a message is sent up to this many times within
// the timeout. The server plays a repeated guess only once.
constexpr int attempts = 5;

// Opponent is the server of the game, over either transport.
class Opponent {
 public:
  Opponent() = default;
  virtual ~Opponent() = default;
  Opponent(const Opponent&) = delete;
  Opponent& operator=(const Opponent&) = delete;

  virtual std::string question() = 0;
  virtual std::string answer_to(const std::string& guess) = 0;
};

class OverStream : public Opponent {
 public:
  OverStream(std::unique_ptr<Stream> server, Network& network, Duration timeout)
      : server_(std::move(server)), network_(network), timeout_(timeout), lines_(*server_) {}

  std::string question() override { return next(); }
  std::string answer_to(const std::string& guess) override {
    server_->set_deadline(add_saturating(network_.now(), timeout_));
    server_->write_all(bytes_of(lines_.framed(guess)));
    return next();
  }

 private:
  std::string next() {
    server_->set_deadline(add_saturating(network_.now(), timeout_));
    auto line = lines_.read(*server_, network_);
    if (!line) throw ConnectionEnded("the server closed the connection before the game ended");
    return *line;
  }

  std::unique_ptr<Stream> server_;
  Network& network_;
  Duration timeout_;
  LineFraming lines_;
};

class OverDatagrams : public Opponent {
 public:
  OverDatagrams(std::vector<Address> addresses, Duration timeout)
      : server_(std::move(addresses)), timeout_(timeout) {}

  std::string question() override {
    std::string question = answer_to("hello");
    known_.insert(question);
    return question;
  }

  std::string answer_to(const std::string& message) override {
    while (server_.receive(server_.now())) continue;  // discard late replies
    std::optional<std::string> rejected;
    for (int attempt = 0; attempt < attempts; ++attempt) {
      server_.send(message);
      const Instant until = add_saturating(server_.now(), timeout_ / attempts);
      while (const auto answer = server_.receive(until)) {
        const bool is_new = names_guess(*answer, message) || !known_.contains(*answer);
        // Other servers may give every guess the same reply. It is accepted if it arrives again
        // after a retransmission.
        if (is_new || is_greeting(message) || (attempt > 0 && answer == rejected))
          return accepted(*answer, message);
        rejected = answer;
      }
    }
    throw SystemError("wait for a reply from " + server_.server().text(), ETIMEDOUT);
  }

 private:
  std::string accepted(const std::string& answer, const std::string& message) {
    if (names_guess(answer, message))
      known_.insert(answer);
    else
      known_.erase(answer);
    return answer;
  }

  UdpClient server_;
  Duration timeout_;
  // The question, and the replies that quoted their guess. After another guess, each of them is a
  // duplicate: of a datagram that the network duplicated, or because a message was retransmitted.
  std::set<std::string> known_;
};

class GuessPlay : public Action {
 public:
  void declare(Options& options) override {
    client_.declare(options);
    options.group("Game");
    options.flag("--tcp", tcp_, "use TCP instead of UDP");
    options.texts("--guess", guesses_, "GUESS", "guesses to send, in order");
  }

  ExitStatus run(const Output& output) override {
    ExitStatus status = ExitStatus::failed;
    run_client(
        client_,
        [&](const Connect& connect, Network& network, Attempt& attempt) {
          const auto server = opponent(connect, network);
          const std::string question = server->question();
          attempt.is_repeatable = false;
          show("question", question, output);
          status = play(*server, output);
        },
        output);
    return status;
  }

 private:
  std::unique_ptr<Opponent> opponent(const Connect& connect, Network& network) const {
    if (tcp_) return std::make_unique<OverStream>(connect(), network, client_.timeout);
    return std::make_unique<OverDatagrams>(resolve(client_.endpoint()), client_.timeout);
  }

  ExitStatus play(Opponent& server, const Output& output) {
    for (;;) {
      const auto guess = next_guess(output);
      if (!guess) break;
      const std::string answer = server.answer_to(*guess);
      show("answer", answer, output);
      const GameEnd end = game_end(answer);
      if (end != GameEnd::none) return finish(end == GameEnd::won, output);
    }
    output.note("no guesses left, but the game has not ended");
    return finish(false, output);
  }

  std::optional<std::string> next_guess(const Output& output) {
    if (!guesses_.empty()) {
      if (next_ == guesses_.size()) return std::nullopt;
      return guesses_[next_++];
    }
    if (isatty(STDIN_FILENO)) output.note("YOUR GUESS");
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }

  static void show(std::string_view name, const std::string& text, const Output& output) {
    output.always({name, escaped(text), {{"text", text}}});
  }

  static ExitStatus finish(bool won, const Output& output) {
    if (output.json) output.always({"end", "", {{"won", won}}});
    return won ? ExitStatus::done : ExitStatus::lost;
  }

  ClientOptions client_{8888};
  bool tcp_ = false;
  std::vector<std::string> guesses_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Action> guess_play() {
  return std::make_unique<GuessPlay>();
}

}  // namespace netlab
