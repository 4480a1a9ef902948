// netlab udp send: the UDP echo client of the second lab sheet and, with --count, a ping.
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <iostream>
#include <random>

#include "base/error.h"
#include "base/escape.h"
#include "cli/command.h"
#include "command/shared/backoff.h"
#include "command/shared/client_options.h"
#include "command/shared/ping_statistics.h"
#include "socket/datagram_io.h"
#include "socket/signals.h"
#include "socket/syscalls.h"
#include "transport/udp_client.h"

namespace netlab {
namespace {

constexpr std::uint64_t max_messages = 1'000'000'000;
// How many sent messages are remembered to recognize late replies to them.
constexpr std::size_t max_earlier = 1000;

class UdpSend : public Action {
 public:
  void declare(Options& options) override {
    client_.declare(options);
    options.positionals("MESSAGE", messages_,
                        "messages to send, one datagram each (default: lines of standard input)");
    options.group("Messages");
    options.number("--count", count_, {0, max_messages},
                   "send N messages, one per second, and report round-trip times");
    options.seconds("--interval", interval_,
                    "seconds between messages (default: 1 with --count, else 0)");
  }

  ExitStatus run(const Output& output) override {
    if (count_) signals_ = signals_as_descriptor({SIGINT, SIGTERM});
    try {
      server_.emplace(resolve(client_.endpoint()), signals_.get());
      ask_all(output);
    } catch (const SystemError& error) {
      if (error.error() != ECANCELED) throw;
      output.always(trips_.summary());
      end_by_signal({SIGINT, SIGTERM});
    }
    if (count_) output.always(trips_.summary());
    if (trips_.losses() == 0) return ExitStatus::done;
    if (is_only_one()) throw std::runtime_error(why_lost_);
    throw std::runtime_error(
        fmt::format("{} of {} messages had no reply", trips_.losses(), number_));
  }

 private:
  // False for lines of standard input, whose number is not known in advance.
  bool is_only_one() const { return count_ ? *count_ == 1 : messages_.size() == 1; }

  void ask_all(const Output& output) {
    if (count_)
      ping(output);
    else if (!messages_.empty())
      for (const std::string& message : messages_) ask(message, output);
    else
      ask_lines(output);
  }

  void ping(const Output& output) {
    if (!interval_) interval_ = std::chrono::seconds(1);
    for (std::uint64_t i = 0; i < *count_; ++i)
      ask(messages_.empty() ? fmt::format("ping {}", i + 1) : messages_[i % messages_.size()],
          output);
  }

  void ask_lines(const Output& output) {
    const bool is_terminal = isatty(STDIN_FILENO) == 1;
    std::string line;
    for (;;) {
      if (is_terminal) output.note("ENTER MESSAGE FOR SERVER");
      if (!std::getline(std::cin, line)) return;
      ask(line, output);
    }
  }

  void ask(const std::string& message, const Output& output) {
    ++number_;
    if (earlier_.size() == max_earlier) earlier_.pop_front();
    earlier_.push_back(message);
    wait_until(next_);
    if (number_ > 1) discard_late_replies(output);
    next_ = add_saturating(server_->now(), interval_.value_or(Duration::zero()));
    Backoff pause{std::random_device{}()};
    Outcome outcome = ask_once(message, output);
    for (std::uint64_t left = client_.retries; left > 0 && is_retryable(outcome); --left) {
      output.note(why_lost_ + "; retrying");
      if (outcome == Outcome::unreachable) wait_until(add_saturating(server_->now(), pause.next()));
      outcome = ask_once(message, output);
    }
    if (outcome == Outcome::answered) return;
    trips_.lost();
    // For a single message, the command reports the loss as its error.
    if (!is_only_one()) output.note(why_lost_);
    if (output.json)
      output.always({"lost", "", {{"number", number_}, {"text", message}, {"message", why_lost_}}});
  }

  // Throws SystemError ECANCELED on a signal.
  void wait_until(Instant end) {
    if (end <= server_->now()) return;
    pollfd stop{signals_.get(), POLLIN, 0};  // ppoll(2) ignores -1
    if (call::ppoll({&stop, 1}, end) > 0) throw SystemError("wait", ECANCELED);
  }

  enum class Outcome { answered, silent, unreachable, impossible };
  static bool is_retryable(Outcome outcome) {
    return outcome == Outcome::silent || outcome == Outcome::unreachable;
  }

  // Sends the message once and waits for the reply. Sets why_lost_ if there is none.
  Outcome ask_once(const std::string& message, const Output& output) {
    const Instant sent = server_->now();
    std::optional<std::string> reply;
    try {
      reply = reply_to(message, sent, output);
    } catch (const SystemError& error) {  // not fatal: the next message may succeed
      if (error.error() == ECANCELED) throw;
      why_lost_ =
          is_only_one() ? error.what() : fmt::format("message {}: {}", number_, error.what());
      return is_of_network(error) ? Outcome::unreachable : Outcome::impossible;
    }
    if (reply) {
      show(*reply, server_->now() - sent, output);
      return Outcome::answered;
    }
    const double waited = in_seconds(client_.timeout);
    why_lost_ = fmt::format("no reply to message {} within {:g} s: {}", number_, waited,
                            escaped_start(message));
    return Outcome::silent;
  }

  std::optional<std::string> reply_to(const std::string& message, Instant sent,
                                      const Output& output) {
    server_->send(message);
    while (auto reply = server_->receive(add_saturating(sent, client_.timeout))) {
      if (!is_to_another(*reply, message)) {
        is_echo_ = is_echo_ && *reply == message;
        return reply;
      }
      note_late_reply(*reply, output);
    }
    return std::nullopt;
  }

  // Discards what arrived before the next message is sent: it cannot be the reply to that message.
  void discard_late_replies(const Output& output) {
    try {
      while (const auto reply = server_->receive(server_->now())) note_late_reply(*reply, output);
    } catch (const SystemError& error) {  // the error of an earlier message
      if (error.error() == ECANCELED) throw;
    }
  }

  // A reply does not identify the message it answers. But if the server has echoed every message so
  // far, a reply equal to an earlier message is a late or duplicate reply to that message.
  bool is_to_another(const std::string& reply, const std::string& message) const {
    return is_echo_ && reply != message && std::ranges::find(earlier_, reply) != earlier_.end();
  }

  static void note_late_reply(const std::string& reply, const Output& output) {
    output.note("late or duplicate reply: " + escaped_start(reply));
  }

  void show(const std::string& reply, Duration took, const Output& output) {
    trips_.answered(took);
    const double seconds = in_seconds(took);
    const std::string server = server_->server().text();
    if (count_ || output.json) {
      output.event({"reply",
                    fmt::format("{} bytes from {}: {:.3f} ms", reply.size(), server, seconds * 1e3),
                    {{"server", server},
                     {"number", number_},
                     {"bytes", std::uint64_t{reply.size()}},
                     {"seconds", seconds},
                     {"text", reply}}});
      return;
    }
    RawResult shown;
    shown.write(reply);
    shown.finish_line();
  }

  ClientOptions client_{8888};
  std::optional<UdpClient> server_;
  std::vector<std::string> messages_;
  std::optional<std::uint64_t> count_;
  std::optional<Duration> interval_;
  PingStatistics trips_;
  std::deque<std::string> earlier_;  // the last `max_earlier` messages sent
  bool is_echo_ = true;              // every reply so far has equaled its message
  std::string why_lost_;
  Fd signals_;  // with --count: a signal ends the run, and the summary is still printed
  std::uint64_t number_ = 0;
  Instant next_{};
};

}  // namespace

std::unique_ptr<Action> udp_send() {
  return std::make_unique<UdpSend>();
}

}  // namespace netlab
