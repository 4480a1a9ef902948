// DownloadTest is a fixture for downloads: a directory served in virtual time, a directory to
// download into, and ways to make a download fail.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "impair/truncated_stream.h"
#include "protocol/lab/remote_file.h"
#include "protocol/sheet/remote_file.h"
#include "protocol/transfer/download.h"
#include "support/seed.h"
#include "support/served_directory.h"
#include "support/thrown.h"

namespace netlab {

class DownloadTest : public testing::Test {
 protected:
  using Mode = Download::Mode;
  static constexpr std::size_t size = 300'000;
  static constexpr std::size_t overlap = 64 * 1024;

  DownloadTest() { files_.put("notes.bin", content_); }

  // Returns the first `count` bytes of the file.
  std::string_view first(std::size_t count) const {
    return std::string_view(content_).substr(0, count);
  }
  Download order(Mode mode) const { return {.mode = mode, .destination = got_.path("notes.bin")}; }

  Download::Outcome run(Download download, const std::string& name = "notes.bin") {
    const auto remote = lab_file([this] { return files_.connect(); }, name);
    return download.run(*remote, files_.network);
  }
  Download::Outcome run(Mode mode = Mode::automatic) { return run(order(mode)); }

  // Starts a download whose connection is cut after `after` received bytes.
  void break_off(Mode mode, std::uint64_t after) {
    const auto remote = lab_file(
        [&] { return std::make_unique<TruncatedStream>(files_.connect(), after); }, "notes.bin");
    EXPECT_THROW(order(mode).run(*remote, files_.network), ConnectionEnded);
  }

  Download::Outcome run_on_sheet(Download download) {
    const auto remote = sheet_file([this] { return files_.connect(); });
    return download.run(*remote, files_.network);
  }

  // Runs a download from a server that sends these replies, whatever the requests are.
  Download::Outcome run_against(const std::vector<std::string>& answers, Download download,
                                const std::string& name) {
    auto stream = std::make_unique<ScriptedStream>(files_.network);
    for (const std::string& answer : answers) stream->says(answer);
    const auto remote =
        lab_file([&]() -> std::unique_ptr<Stream> { return std::move(stream); }, name);
    return download.run(*remote, files_.network);
  }

  // Compares long texts without printing them if they differ.
  static testing::AssertionResult same(std::string_view one, std::string_view other) {
    if (one == other) return testing::AssertionSuccess();
    const auto [at, there] = std::ranges::mismatch(one, other);
    return testing::AssertionFailure() << one.size() << " and " << other.size()
                                       << " bytes, which differ from " << at - one.begin();
  }
  testing::AssertionResult holds(std::string_view name, std::string_view expected) const {
    return same(got_.read(name), expected);
  }

  void touch() const {
    const std::filesystem::path file = files_.directory.path("served/notes.bin");
    last_write_time(file, last_write_time(file) + std::chrono::seconds(1));
  }

  std::mt19937_64 decisions_{1};  // the same bytes each time
  const std::string content_ = noise(decisions_, size);
  ServedDirectory files_{"notes.bin"};
  TemporaryDirectory got_;
};

}  // namespace netlab
