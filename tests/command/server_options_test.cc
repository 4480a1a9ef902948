#include "command/shared/server_options.h"

#include <gtest/gtest.h>

#include "support/parsed_options.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

// A server over either transport, like `netlab guess serve`.
struct EitherServer {
  void declare(Options& options) { server.declare_for_datagrams_or_tcp(options); }
  ServerOptions server{8888};
};

// A server over --tcp, --udp or both, like `netlab ftp serve`.
struct StreamServer {
  void declare(Options& options) {
    server.declare(options);
    server.declare_transport(options);
  }
  ServerOptions server{5001};
};

std::string error_over_datagrams(const std::vector<std::string>& words) {
  EitherServer either;
  parse_options(either, words);
  return thrown_by([&] { either.server.serve_datagrams({}, "guess", Output()); });
}

std::string error_over_streams(const std::vector<std::string>& words) {
  StreamServer stream;
  parse_options(stream, words);
  return thrown_by([&] { stream.server.serve({}, "ftp", Output()); });
}

TEST(ServerOptions, HaveDefaultTimeouts) {
  StreamServer stream;
  parse_options(stream, {});
  EXPECT_EQ(stream.server.idle_timeout(), 300s);
  EXPECT_EQ(stream.server.stall_timeout(), 60s);
  EXPECT_FALSE(stream.server.model_was_chosen());
}

TEST(ServerOptions, TakeTimeoutsAndAModel) {
  for (const std::vector<std::string>& model :
       {std::vector<std::string>{"--fork"}, std::vector<std::string>{"--model", "fork"}}) {
    StreamServer stream;
    std::vector<std::string> words = {"--idle-timeout", "1.5", "--stall-timeout", "2"};
    words.insert(words.end(), model.begin(), model.end());
    parse_options(stream, words);
    EXPECT_EQ(stream.server.idle_timeout(), 1500ms);
    EXPECT_EQ(stream.server.stall_timeout(), 2s);
    EXPECT_TRUE(stream.server.model_was_chosen());
  }
}

TEST(ServerOptions, LimitsHaveRanges) {
  const auto parse_error = [](auto server, const std::vector<std::string>& words) {
    return thrown_by<CLI::ValidationError>([&] { parse_options(server, words); });
  };
  const std::string clients = "--max-clients: '0' must be a whole number from 1 to 1000000";
  EXPECT_EQ(parse_error(StreamServer(), {"--max-clients", "0"}), clients);
  EXPECT_EQ(parse_error(EitherServer(), {"--max-clients", "0"}), clients);
  EXPECT_EQ(parse_error(StreamServer(), {"--max-clients", "1000001"}),
            "--max-clients: '1000001' must be a whole number from 1 to 1000000");
  EXPECT_EQ(parse_error(StreamServer(), {"--max-per-host", "1000001"}),
            "--max-per-host: '1000001' must be a whole number from 0 to 1000000");
  EXPECT_EQ(parse_error(StreamServer(), {"--max-clients", "1", "--max-per-host", "0"}), "");
}

TEST(ServerOptions, ProxyProtocolRequiresTcp) {
  const std::string why = "--proxy-protocol requires TCP";
  EXPECT_EQ(error_over_datagrams({"--proxy-protocol"}), why);
  EXPECT_EQ(error_over_streams({"--proxy-protocol", "--udp"}), why);
  EXPECT_EQ(error_over_streams({"--proxy-protocol", "--tcp", "--udp"}), why);
}

}  // namespace
}  // namespace netlab
