#include "trace/trace.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "socket/syscalls.h"

namespace netlab::trace {
namespace {

// Stores the records, as a drawing of the conversation would.
class Recorder : public Sink {
 public:
  struct Stored {
    std::string name;
    std::vector<Argument> arguments;  // what they point to may be gone
    std::string bytes;
    std::int64_t result;
    pid_t thread;
    Instant time;
    bool by_io_uring;
  };

  Recorder() { start(*this); }
  ~Recorder() override { stop(); }

  void write(const CallRecord& record) override {
    Stored stored{.name = std::string(record.name),
                  .arguments = {record.arguments.begin(), record.arguments.end()},
                  .result = record.result,
                  .thread = record.thread,
                  .time = record.time,
                  .by_io_uring = record.by_io_uring};
    for (const Argument& argument : record.arguments)
      if (const auto* bytes = std::get_if<Bytes>(&argument))
        stored.bytes.assign(reinterpret_cast<const char*>(bytes->bytes.data()),
                            bytes->bytes.size());
    calls.push_back(std::move(stored));
  }

  std::vector<Stored> calls;
};

TEST(Trace, ReportsASocketCallWithItsArguments) {
  const Instant before = Clock::now();
  Recorder recorder;
  const Fd socket = netlab::call::socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(recorder.calls.size(), 1U);
  const auto& call = recorder.calls.front();
  EXPECT_EQ(call.name, "socket");
  EXPECT_EQ(call.result, socket.get());
  EXPECT_EQ(call.thread, gettid());
  EXPECT_GE(call.time, before);
  EXPECT_FALSE(call.by_io_uring);
  ASSERT_EQ(call.arguments.size(), 3U);
  EXPECT_EQ(std::get<Flag>(call.arguments[0]).value, AF_INET);
  EXPECT_EQ(std::get<Flag>(call.arguments[1]).value, SOCK_STREAM | SOCK_CLOEXEC);
  EXPECT_EQ(std::get<Number>(call.arguments[2]).value, 0);
}

TEST(Trace, ReportsTheBytesThatWereMoved) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const Fd left(ends[0]);
  const Fd right(ends[1]);
  Recorder recorder;
  netlab::call::send(left.get(), bytes_of("hello"));
  std::byte room[100];
  netlab::call::receive(right.get(), room);
  ASSERT_EQ(recorder.calls.size(), 2U);
  EXPECT_EQ(recorder.calls[0].name, "send");
  EXPECT_EQ(recorder.calls[0].bytes, "hello");
  EXPECT_EQ(recorder.calls[1].name, "recv");
  EXPECT_EQ(recorder.calls[1].bytes, "hello");
  EXPECT_EQ(recorder.calls[1].result, 5);
  EXPECT_EQ(std::get<Descriptor>(recorder.calls[1].arguments[0]).fd, right.get());
}

TEST(Trace, ReportsAFailureAsANegativeErrno) {
  Recorder recorder;
  std::byte room[1];
  netlab::call::receive(-1, room);
  ASSERT_EQ(recorder.calls.size(), 1U);
  EXPECT_EQ(recorder.calls[0].result, -EBADF);
  EXPECT_EQ(recorder.calls[0].bytes, "");
}

TEST(Trace, IsOffByDefault) {
  EXPECT_EQ(sink, nullptr);
  { const Recorder recorder; }
  netlab::call::socket(AF_INET, SOCK_STREAM);  // would write to the destroyed recorder
  EXPECT_EQ(sink, nullptr);
}

}  // namespace
}  // namespace netlab::trace
