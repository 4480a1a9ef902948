// Each serving model with each transport: limits, deadlines, stopping and failures.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string.h>  // strerrorname_np

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fiber/sanitizer.h"
#include "file/sandbox.h"
#include "support/matrix.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class EachModel : public MatrixTest,
                  public testing::WithParamInterface<std::tuple<const Transport*, const Model*>> {
 protected:
  ServerProcess::Order defaults() const {
    return {.model = *std::get<1>(GetParam()),
            .transport = *std::get<0>(GetParam()),
            .handle = echo_.handle};
  }
  // A client that is being served: it has received a reply.
  std::unique_ptr<Stream> served_client() {
    auto client = connect();
    echo_.ask(*client);
    echo_.answer(*client);
    return client;
  }

  const Protocol echo_ = echo_protocol();
};

TEST_P(EachModel, ServesMaxClientsAndTheNextWhenOneLeaves) {
  ServerProcess::Order bounded = defaults();
  bounded.limits.max_clients = 2;
  if (!start(bounded)) GTEST_SKIP() << without_uring;
  const std::size_t max_served = iterative_ ? 1 : 2;
  std::vector<std::unique_ptr<Stream>> clients;
  for (std::size_t i = 0; i < max_served; ++i) clients.push_back(served_client());
  if (!has_backlog_) {
    EXPECT_TRUE(is_closed());
    clients.pop_back();
    served_client();
    return;
  }
  const auto next = connect();
  echo_.ask(*next);
  EXPECT_TRUE(is_silent(*next));
  clients.pop_back();
  echo_.answer(*next);
}

TEST_P(EachModel, TimesOutAClientThatSendsNothing) {
  ServerProcess::Order strict = defaults();
  strict.limits.idle_timeout = 100ms;
  if (!start(strict)) GTEST_SKIP() << without_uring;
  const Instant connected = Clock::now();
  const auto client = connect();
  EXPECT_TRUE(is_ended(*client));
  EXPECT_GE(Clock::now(),
            connected + 98ms);  // the timeout of a blocking socket is accurate to 1/64
  const std::string line = server_->next_line();
  EXPECT_TRUE(line.starts_with("127.0.0.1:")) << line;
  EXPECT_TRUE(line.ends_with(": Connection timed out")) << line;
}

TEST_P(EachModel, LiftsTheFirstByteDeadlineOnceAClientSends) {
  ServerProcess::Order strict = defaults();
  strict.limits.idle_timeout = 1s;
  if (!start(strict)) GTEST_SKIP() << without_uring;
  const auto client = served_client();
  EXPECT_TRUE(is_silent(*client, 1200ms));  // and is still connected
  echo_.ask(*client);
  echo_.answer(*client);
}

TEST_P(EachModel, OnceEndsWithTheOutcomeOfItsClient) {
  ServerProcess::Order once = defaults();
  once.once = true;
  once.handle = [](Stream& client, Network&) {
    BufferedReader(client).peek();
    throw ProtocolError("out of tea");
  };
  if (!start(once)) GTEST_SKIP() << without_uring;
  const auto client = connect();
  echo_.ask(*client);
  EXPECT_TRUE(is_ended(*client));
  const std::string line = server_->next_line();
  EXPECT_TRUE(line.ends_with(" out of tea")) << line;
  EXPECT_EQ(server_->wait(), 1);
}

TEST_P(EachModel, FailedSessionEndsNoOther) {
  ServerProcess::Order failing = defaults();
  failing.handle = [](Stream& client, Network&) {
    if (BufferedReader(client).peek() == 'x') throw ProtocolError("no x");
    client.write_all(bytes_of("hello"));
  };
  if (!start(failing)) GTEST_SKIP() << without_uring;
  const auto bad = connect();
  bad->write_all(bytes_of("x"));
  EXPECT_TRUE(is_ended(*bad));
  const std::string line = server_->next_line();
  EXPECT_TRUE(line.ends_with(" no x")) << line;
  served_client();
}

TEST_P(EachModel, StopsWithoutClients) {
  if (!start(defaults())) GTEST_SKIP() << without_uring;
  server_->stop();
  EXPECT_EQ(server_->wait(), 0);
}

TEST_P(EachModel, LetsSessionsFinishWhenStopping) {
  ServerProcess::Order graceful = defaults();
  graceful.limits.grace = 1h;
  if (!start(graceful)) GTEST_SKIP() << without_uring;
  auto client = served_client();
  server_->stop();
  echo_.ask(*client);
  echo_.answer(*client);
  client.reset();
  EXPECT_EQ(server_->wait(), 0);
}

TEST_P(EachModel, AcceptsNoClientsWhenStopping) {
  ServerProcess::Order graceful = defaults();
  graceful.limits.grace = 1h;
  if (!start(graceful)) GTEST_SKIP() << without_uring;
  auto client = served_client();
  server_->stop();
  // New clients are refused; at worst some were accepted before the server noticed the stop.
  const Instant end = add_saturating(Clock::now(), patience);
  bool refused = false;
  while (!refused && Clock::now() < end) refused = error_of([&] { connect(); }) == ECONNREFUSED;
  EXPECT_TRUE(refused);
  client.reset();
  EXPECT_EQ(server_->wait(), 0);
}

TEST_P(EachModel, AbortsSessionsAfterTheGracePeriod) {
  ServerProcess::Order graceful = defaults();
  graceful.limits.grace = 100ms;
  if (!start(graceful)) GTEST_SKIP() << without_uring;
  const auto client = served_client();
  const auto silent = iterative_ && !has_backlog_ ? nullptr : connect();
  server_->stop();
  EXPECT_TRUE(is_ended(*client));
  if (silent) {
    EXPECT_TRUE(is_ended(*silent));
  }
  std::string line = server_->next_line();
  do {
    EXPECT_TRUE(line.ends_with(std::string(" ") + session_aborted)) << line;
    line = server_->next_line();  // the silent client's, if it was accepted
  } while (!line.empty());
  EXPECT_EQ(server_->wait(), 0);
}

TEST_P(EachModel, AbortsSessionsAtOnceOnASecondRequest) {
  ServerProcess::Order graceful = defaults();
  graceful.limits.grace = 1h;
  if (!start(graceful)) GTEST_SKIP() << without_uring;
  const auto client = served_client();
  server_->stop();
  server_->stop();
  EXPECT_TRUE(is_ended(*client));
  EXPECT_EQ(server_->wait(), 0);
}

TEST_P(EachModel, OnceStopsWhileItsClientIsConnected) {
  ServerProcess::Order once = defaults();
  once.once = true;
  once.limits.grace = 100ms;
  if (!start(once)) GTEST_SKIP() << without_uring;
  const auto client = served_client();
  server_->stop();
  EXPECT_TRUE(is_ended(*client));
  const std::string line = server_->next_line();
  EXPECT_TRUE(line.ends_with(std::string(" ") + session_aborted)) << line;
  EXPECT_EQ(server_->wait(), 1);
}

TEST_P(EachModel, StopsWhileClientsWaitForASlot) {
  ServerProcess::Order bounded = defaults();
  bounded.limits.max_clients = 1;
  bounded.limits.grace = 100ms;
  if (!start(bounded)) GTEST_SKIP() << without_uring;
  if (!has_backlog_) GTEST_SKIP() << without_backlog;
  const auto client = served_client();
  const auto waiting = connect();
  echo_.ask(*waiting);
  server_->stop();
  EXPECT_TRUE(is_ended(*client));
  EXPECT_TRUE(is_ended(*waiting));
  EXPECT_EQ(server_->wait(), 0);
}

// A model starts its processes and threads after it listens; they inherit its sandbox.
TEST_P(EachModel, SandboxesItsSessions) {
  const TemporaryDirectory directory;
  directory.write("notes", "");
  const std::string inside = directory.path("notes");
  ServerProcess::Order confined = defaults();
  confined.enter_sandbox = [&] {
    enter_sandbox(Fd(open(directory.path().c_str(), O_PATH | O_CLOEXEC)), false);
  };
  confined.handle = [](Stream& client, Network&) {
    BufferedReader reader(client);
    while (reader.peek() >= 0) {
      const std::string path = reader.read_line(4096);
      const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
      client.write_all(bytes_of(file ? "open\n" : std::string(strerrorname_np(errno)) + "\n"));
    }
  };
  if (!start(confined)) GTEST_SKIP() << without_uring;
  const auto client = connect();
  client->write_all(bytes_of(inside + "\n/etc/passwd\n"));
  BufferedReader reader(*client);
  EXPECT_EQ(reader.read_line(100), "open");
  const std::string outside = reader.read_line(100);
  if (outside == "open") GTEST_SKIP() << "the kernel has no Landlock";
  EXPECT_EQ(outside, "EACCES");
}

// The descriptors, threads and child processes of a server.
struct ServerResources {
  explicit ServerResources(pid_t process) {
    const std::string directory = "/proc/" + std::to_string(process);
    descriptors = count(directory + "/fd");
    threads = count(directory + "/task");
    std::ifstream children(directory + "/task/" + std::to_string(process) + "/children");
    for (pid_t child = 0; children >> child;) ++processes;
  }
  bool exceed(const ServerResources& other) const {
    return descriptors > other.descriptors || threads > other.threads ||
           processes > other.processes;
  }

  std::ptrdiff_t descriptors = 0;
  std::ptrdiff_t threads = 0;
  std::ptrdiff_t processes = 0;

 private:
  static std::ptrdiff_t count(const std::string& directory) {
    return std::distance(std::filesystem::directory_iterator(directory), {});
  }
};

TEST_P(EachModel, ReleasesTheResourcesOfItsClients) {
  if (!start(defaults())) GTEST_SKIP() << without_uring;
  auto client = served_client();
  const ServerResources before(server_->id());
  client.reset();
  for (int i = 0; i < 50; ++i) served_client();
  client = served_client();
  // The last session may still be ending.
  const Instant end = add_saturating(Clock::now(), patience);
  ServerResources after(server_->id());
  while (after.exceed(before) && Clock::now() < end) after = ServerResources(server_->id());
  EXPECT_LE(after.descriptors, before.descriptors);
  EXPECT_LE(after.threads, before.threads);
  EXPECT_LE(after.processes, before.processes);
}

class EachModelWithFewDescriptors : public EachModel {
 protected:
  void SetUp() override {
#ifdef NETLAB_ASAN
    GTEST_SKIP() << "the sanitizer needs descriptors itself";
#endif
  }
  bool start_with_few(std::size_t clients = 60) {
    clients_.clear();
    ServerProcess::Order few = defaults();
    few.max_descriptors = 32;
    few.limits.grace = 100ms;
    if (!start(few) || !has_backlog_) return false;
    while (clients_.size() < clients) clients_.push_back(connect());
    for (const auto& client : clients_) echo_.ask(*client);
    return true;
  }
  std::size_t count_served() {
    std::size_t served = 0;
    while (served < clients_.size() && !is_silent(*clients_[served])) ++served;
    return served;
  }

  std::vector<std::unique_ptr<Stream>> clients_;
};

TEST_P(EachModelWithFewDescriptors, ServesWaitingClientsLater) {
  if (!start_with_few()) GTEST_SKIP() << (has_backlog_ ? without_uring : without_backlog);
  for (auto& client : clients_) {
    echo_.answer(*client);
    client.reset();
  }
}

TEST_P(EachModelWithFewDescriptors, StopsWhileClientsWait) {
  if (!start_with_few()) GTEST_SKIP() << (has_backlog_ ? without_uring : without_backlog);
  count_served();
  server_->stop();
  EXPECT_EQ(server_->wait(), 0);
}

// accept(2) reports EMFILE even if no connection is pending.
TEST_P(EachModelWithFewDescriptors, StopsWhenNoClientWaits) {
  if (!start_with_few()) GTEST_SKIP() << (has_backlog_ ? without_uring : without_backlog);
  const std::size_t served = count_served();
  server_->stop();
  EXPECT_EQ(server_->wait(), 0);
  start_with_few(served);
  for (const auto& client : clients_) echo_.answer(*client);
  server_->stop();
  EXPECT_EQ(server_->wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, EachModel,
                         testing::Combine(testing::ValuesIn(all_transports()),
                                          testing::ValuesIn(all_models())),
                         name_of_pair);
INSTANTIATE_TEST_SUITE_P(All, EachModelWithFewDescriptors,
                         testing::Combine(testing::ValuesIn(all_transports()),
                                          testing::ValuesIn(all_models())),
                         name_of_pair);

}  // namespace
}  // namespace netlab
