// Protocol x transport x serving model: one test body runs over all three tables.
#include <gtest/gtest.h>

#include "support/matrix.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class Matrix : public MatrixTest,
               public testing::WithParamInterface<
                   std::tuple<Protocol (*)(), const Transport*, const Model*>> {
 protected:
  bool start(bool once = false) {
    return MatrixTest::start({.model = *std::get<2>(GetParam()),
                              .transport = *std::get<1>(GetParam()),
                              .handle = protocol_.handle,
                              .server_speaks_first = protocol_.server_speaks_first,
                              .once = once});
  }
  void converse(Stream& server) {
    protocol_.ask(server);
    protocol_.answer(server);
  }

  const Protocol protocol_ = std::get<0>(GetParam())();
};

TEST_P(Matrix, ServesOneClient) {
  if (!start()) GTEST_SKIP() << without_uring;
  const auto client = connect();
  converse(*client);
  client->finish_writing();
  EXPECT_TRUE(is_ended(*client));
}

TEST_P(Matrix, ServesClientsOneAfterAnother) {
  if (!start()) GTEST_SKIP() << without_uring;
  for (int i = 0; i < 10; ++i) converse(*connect());
}

TEST_P(Matrix, ServesTwentyConcurrentClients) {
  if (!start()) GTEST_SKIP() << without_uring;
  if (iterative_ && !has_backlog_) GTEST_SKIP() << without_backlog;
  std::vector<std::unique_ptr<Stream>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(connect());
  for (const auto& client : clients) protocol_.ask(*client);
  for (auto& client : clients) {
    protocol_.answer(*client);
    client.reset();
  }
}

TEST_P(Matrix, SilentClientBlocksOnlyTheIterativeModel) {
  if (!start()) GTEST_SKIP() << without_uring;
  auto silent = connect();
  if (iterative_ && !has_backlog_) {
    EXPECT_TRUE(is_closed());
    silent.reset();
  }
  const auto client = connect();
  protocol_.ask(*client);
  if (iterative_ && has_backlog_) {
    EXPECT_TRUE(is_silent(*client));
    silent.reset();
  }
  protocol_.answer(*client);
}

TEST_P(Matrix, StalledClientBlocksOnlyTheIterativeModel) {
  if (!start()) GTEST_SKIP() << without_uring;
  auto stalled = connect();
  stalled->write_all(bytes_of("G"));  // at most part of a request
  if (iterative_ && !has_backlog_) {
    EXPECT_TRUE(is_closed());
    stalled.reset();
  }
  const auto client = connect();
  protocol_.ask(*client);
  if (iterative_ && has_backlog_) {
    EXPECT_TRUE(is_silent(*client));
    stalled.reset();
  }
  protocol_.answer(*client);
}

TEST_P(Matrix, OnceEndsAfterOneClient) {
  if (!start(true)) GTEST_SKIP() << without_uring;
  auto client = connect();
  converse(*client);
  client->finish_writing();
  EXPECT_TRUE(is_ended(*client));
  EXPECT_EQ(server_->wait(), 0);
}

TEST_P(Matrix, StopsOnRequest) {
  if (!start()) GTEST_SKIP() << without_uring;
  converse(*connect());
  server_->stop();
  EXPECT_EQ(server_->wait(), 0);
}

std::string name_of(const testing::TestParamInfo<Matrix::ParamType>& info) {
  const auto& [protocol, transport, model] = info.param;
  return protocol().name + "_" + std::string(transport->name) + "_" + std::string(model->name);
}

INSTANTIATE_TEST_SUITE_P(All, Matrix,
                         testing::Combine(testing::Values(echo_protocol, greeting_protocol,
                                                          guess_protocol, lab_protocol),
                                          testing::ValuesIn(all_transports()),
                                          testing::ValuesIn(all_models())),
                         name_of);

}  // namespace
}  // namespace netlab
