// Fixtures for tests of every combination of serving model, transport and protocol. The clients use
// blocking calls and share one thread, because the test process must be able to fork.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "protocol/echo/echo.h"
#include "protocol/file_server.h"
#include "protocol/guess/guessing_game.h"
#include "protocol/guess/number_riddle.h"
#include "protocol/lab/codec.h"
#include "protocol/message/line_framing.h"
#include "support/server_process.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"
#include "transport/blocking_performer.h"
#include "transport/buffered_reader.h"

namespace netlab {

constexpr auto patience = std::chrono::seconds(30);  // timeout for what must happen
constexpr auto moment =
    std::chrono::milliseconds(200);  // how long to wait for what must not happen

// Protocol is a protocol under test: its handler and the steps of its client.
struct Protocol {
  std::string name;
  Handler handle;
  bool server_speaks_first;
  std::function<void(Stream& server)> ask;     // sends a request, leaves the connection open
  std::function<void(Stream& server)> answer;  // reads the reply; throws if it is not as expected
};

inline void expect_exactly(Stream& server, const std::string& expected) {
  const std::string got = BufferedReader(server).read_exact(expected.size());
  if (got != expected) throw ProtocolError("got \"" + got + "\"");
}

inline Protocol echo_protocol() {
  return {.name = "echo",
          .handle = [](Stream& client, Network& network) { serve_echo({}, client, network); },
          .server_speaks_first = false,
          .ask = [](Stream& server) { server.write_all(bytes_of("hello")); },
          .answer = [](Stream& server) { expect_exactly(server, "hello"); }};
}

// As in SMTP and FTP, the server sends first.
inline Protocol greeting_protocol() {
  return {.name = "greeting",
          .handle =
              [](Stream& client, Network&) {
                client.write_all(bytes_of("220 ready\n"));
                BufferedReader reader(client);
                while (reader.peek() >= 0)
                  client.write_all(bytes_of("250 " + reader.read_line(100) + "\n"));
              },
          .server_speaks_first = true,
          .ask = [](Stream& server) { server.write_all(bytes_of("hello\n")); },
          .answer = [](Stream& server) { expect_exactly(server, "220 ready\n250 hello\n"); }};
}

inline Protocol guess_protocol() {
  const auto lots = std::make_shared<SharedRandom>(std::nullopt);
  return {.name = "guess",
          .handle =
              [lots](Stream& client, Network& network) {
                const auto game = guess_game(number_riddles({4, 4}, *lots), 1)();
                LineFraming lines(client);
                converse({.sink = {}}, *game, lines, client, network);
              },
          .server_speaks_first = true,
          .ask = [](Stream& server) { server.write_all(bytes_of("4\n")); },
          .answer =
              [](Stream& server) {
                expect_exactly(server,
                               "Guess a number from 4 to 4. You have 1 try.\n"
                               "You win: \"4\" is right.\n");
              }};
}

// LabFiles is a directory with a file that exceeds the buffers of a connection. With a sanitizer,
// which checks each access, the file is smaller.
struct LabFiles {
#ifdef NETLAB_SANITIZED
  static constexpr std::size_t size = 3 * 1024 * 1024;
#else
  static constexpr std::size_t size = 8 * 1024 * 1024;
#endif

  LabFiles() : directory(), content(size, 'x') {
    directory.write("notes.txt", content);
  }

  TemporaryDirectory directory;
  std::string content;
};

inline Protocol lab_protocol() {
  const auto files = std::make_shared<LabFiles>();
  return {.name = "lab",
          .handle =
              [files](Stream& client, Network& network) {
                const ServedFiles share(files->directory.path(), "");
                serve_files({.share = share, .sink = {}}, client, network);
              },
          .server_speaks_first = false,
          .ask = [](Stream& server) { server.write_all(bytes_of("GET notes.txt 0\n")); },
          .answer =
              [files](Stream& server) {
                BufferedReader reader(server);
                const auto reply = lab::parse_reply(reader.read_line(lab::max_line));
                const std::size_t size = std::get<lab::FileReply>(reply).size;
                if (reader.read_exact(size) != files->content) throw ProtocolError("other bytes");
              }};
}

// MatrixTest runs a server in another process, and connects clients to it.
class MatrixTest : public testing::Test {
 protected:
  // Starts the server. Returns false if the kernel has no io_uring: the test must then be skipped.
  bool start(const ServerProcess::Order& order) {
    server_.emplace(order);
    iterative_ = order.model.name == "iterative";
    has_backlog_ = order.transport.has_backlog;
    network_ = order.transport.over(performer_);
    const std::string& trouble = server_->trouble();
    EXPECT_TRUE(trouble.empty() || (order.model.name == "uring" && trouble.starts_with("io_uring")))
        << trouble;
    return trouble.empty();
  }

  std::unique_ptr<Stream> connect() {
    const Instant deadline = add_saturating(network_->now(), patience);
    auto stream = network_->connect(server_->address(), deadline);
    stream->set_deadline(deadline);
    return stream;
  }

  // Succeeds if connecting times out.
  testing::AssertionResult is_closed() {
    const Instant deadline = add_saturating(network_->now(), moment);
    if (error_of([&] { network_->connect(server_->address(), deadline); }) == ETIMEDOUT)
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "it lets a client in, or refuses it";
  }

  // Succeeds if the peer neither sends a byte nor finishes within `duration`.
  testing::AssertionResult is_silent(Stream& stream, Duration duration = moment) {
    stream.set_deadline(add_saturating(network_->now(), duration));
    std::byte byte;
    try {
      const std::size_t got = stream.read_some({&byte, 1});
      return testing::AssertionFailure() << (got ? "it said something" : "it has finished");
    } catch (const SystemError& error) {
      if (error.error() != ETIMEDOUT) return testing::AssertionFailure() << error.what();
    }
    stream.set_deadline(add_saturating(network_->now(), patience));
    return testing::AssertionSuccess();
  }

  // Succeeds if the peer ends the connection by finishing or with a reset.
  static testing::AssertionResult is_ended(Stream& stream) {
    std::byte byte;
    try {
      while (stream.read_some({&byte, 1}) != 0) continue;
    } catch (const SystemError& error) {
      if (error.error() != ECONNRESET) return testing::AssertionFailure() << error.what();
    }
    return testing::AssertionSuccess();
  }

  BlockingPerformer performer_;
  std::unique_ptr<Network> network_;
  std::optional<ServerProcess> server_;
  bool iterative_ = false;
  bool has_backlog_ = true;
};

// Values for parameterized tests.
inline std::vector<const Model*> all_models() {
  std::vector<const Model*> all;
  for (const Model& model : models()) all.push_back(&model);
  return all;
}
inline std::vector<const Transport*> all_transports() {
  std::vector<const Transport*> all;
  for (const Transport& transport : transports()) all.push_back(&transport);
  return all;
}

inline std::string name_of_pair(
    const testing::TestParamInfo<std::tuple<const Transport*, const Model*>>& info) {
  const auto& [transport, model] = info.param;
  return std::string(transport->name) + "_" + std::string(model->name);
}

inline const char* const without_uring = "the kernel allows no io_uring";
inline const char* const without_backlog = "no connection is complete before the server accepts it";

}  // namespace netlab
