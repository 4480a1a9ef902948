#include "cli/progress.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <limits>

#include "support/captured.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1024 * 1024;

// Makes standard error a terminal, and returns what was written to it.
class Terminal {
 public:
  Terminal() : before_(dup(STDERR_FILENO)) {
    int ends[2];
    if (openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr) != 0) std::abort();
    screen_ = Fd(ends[0]);
    const Fd terminal(ends[1]);
    dup2(terminal.get(), STDERR_FILENO);
  }
  ~Terminal() { dup2(before_.get(), STDERR_FILENO); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // What has been written since the last call; something must have been.
  std::string shown() const {
    std::array<std::byte, 1000> bytes{};
    const std::size_t count = call::read(screen_.get(), bytes);
    return {reinterpret_cast<const char*>(bytes.data()), count};
  }

 private:
  Fd before_;
  Fd screen_;
};

class ProgressTest : public testing::Test {
 protected:
  ProgressTest() { now_ = Instant(1h); }

  static Instant now() { return now_; }
  static inline Instant now_;

  Output output_;
};

TEST_F(ProgressTest, PrintsAnEventPerSecondWithJson) {
  output_.json = true;
  Captured out(STDOUT_FILENO);
  Progress progress(output_, true, now);
  progress.update(0, 10 * mib);
  now_ += 999ms;
  progress.update(1, 10 * mib);
  now_ += 1ms;
  progress.update(2 * mib, 10 * mib);  // the first event
  now_ += 999ms;
  progress.update(3 * mib, 10 * mib);
  now_ += 1ms;
  progress.update(6 * mib, 10 * mib);  // the second
  EXPECT_EQ(out.text(),
            "{\"event\":\"progress\",\"bytes\":2097152,\"size\":10485760,\"rate\":2097152}\n"
            "{\"event\":\"progress\",\"bytes\":6291456,\"size\":10485760,\"rate\":3145728}\n");
}

// What was there before a resumed transfer does not count.
TEST_F(ProgressTest, TheRateExcludesBytesDoneBefore) {
  output_.json = true;
  Captured out(STDOUT_FILENO);
  Progress progress(output_, true, now);
  progress.update(1000, 2000);
  now_ += 2s;
  progress.update(1100, 2000);
  EXPECT_EQ(out.text(), "{\"event\":\"progress\",\"bytes\":1100,\"size\":2000,\"rate\":50}\n");
}

TEST_F(ProgressTest, PrintsNothingIfStandardOutputIsNotFree) {
  output_.json = true;
  Captured out(STDOUT_FILENO);
  Progress progress(output_, false, now);
  progress.update(0, 10);
  now_ += 10s;
  progress.update(5, 10);
  EXPECT_EQ(out.text(), "");
}

TEST_F(ProgressTest, RedrawsALineOnATerminal) {
  const Terminal terminal;
  Progress progress(output_, true, now);
  progress.update(0, 4 * mib);
  now_ += 2s;
  progress.update(2 * mib, 4 * mib);
  EXPECT_EQ(terminal.shown(),
            "\r[###############               ] 2.0 MiB of 4.0 MiB  1.0 MiB/s  2 s left\033[K");
  now_ += 199ms;
  progress.update(3 * mib, 4 * mib);  // too early
  now_ += 1801ms;
  progress.update(4 * mib, 4 * mib);
  EXPECT_EQ(terminal.shown(),
            "\r[##############################] 4.0 MiB of 4.0 MiB  1.0 MiB/s  0 s left\033[K");
  progress.clear();
  EXPECT_EQ(terminal.shown(), "\r\033[K");
}

TEST_F(ProgressTest, ShowsNoBarIfTheSizeIsUnknown) {
  const Terminal terminal;
  Progress progress(output_, true, now);
  progress.update(0, 0);
  now_ += 1s;
  progress.update(1536, 0);
  EXPECT_EQ(terminal.shown(), "\r1.5 KiB  1.5 KiB/s\033[K");
}

TEST(SizeText, UsesBinaryUnits) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1023), "1023 bytes");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(64 * 1024 * 1024), "64.0 MiB");
  EXPECT_EQ(size_text(std::uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(size_text(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

// 1,048,575 bytes are "1.0 MiB" and not "1024.0 KiB".
TEST(SizeText, NeverRoundsUpTo1024) {
  EXPECT_EQ(size_text((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(size_text((1 << 30) - 1), "1.0 GiB");
}

}  // namespace
}  // namespace netlab
