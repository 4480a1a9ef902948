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
  using Mode = Checkpoint::Mode;
  static constexpr std::size_t size = 300'000;
  static constexpr std::size_t overlap = 64 * 1024;

  DownloadTest() { files_.put("notes.bin", content_); }

  // Returns the first `count` bytes of the file.
  std::string_view first(std::size_t count) const {
    return std::string_view(content_).substr(0, count);
  }
  DownloadRequest request() const { return {.destination = got_.path("notes.bin")}; }

  DownloadOutcome run_with(RemoteFile& remote, Checkpoint checkpoint,
                           const DownloadRequest& request) {
    return download(request, checkpoint, remote, context_);
  }
  DownloadOutcome run(const Checkpoint& checkpoint, const DownloadRequest& request,
                      const std::string& name = "notes.bin") {
    return run_with(*lab_file([this] { return files_.connect(); }, name), checkpoint, request);
  }
  DownloadOutcome run(Mode mode = Mode::automatic, std::uint64_t offset = 0) {
    return run({.mode = mode, .offset = offset}, request());
  }

  // Starts a download whose connection is cut after `after` received bytes.
  void break_off(Mode mode, std::uint64_t after) {
    const auto remote = lab_file(
        [&] { return std::make_unique<TruncatedStream>(files_.connect(), after); }, "notes.bin");
    EXPECT_THROW(run_with(*remote, {.mode = mode}, request()), ConnectionEnded);
  }

  DownloadOutcome run_on_sheet(const Checkpoint& checkpoint, const DownloadRequest& request) {
    return run_with(*sheet_file([this] { return files_.connect(); }), checkpoint, request);
  }
  DownloadOutcome run_on_sheet(Mode mode, std::uint64_t offset = 0) {
    return run_on_sheet({.mode = mode, .offset = offset}, request());
  }

  // Runs a download from a server that sends these replies, whatever the requests are.
  DownloadOutcome run_against(const std::vector<std::string>& answers, const Checkpoint& checkpoint,
                              const DownloadRequest& request, const std::string& name) {
    auto stream = std::make_unique<ScriptedStream>(files_.network);
    for (const std::string& answer : answers) stream->says(answer);
    const auto remote =
        lab_file([&]() -> std::unique_ptr<Stream> { return std::move(stream); }, name);
    return run_with(*remote, checkpoint, request);
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
  TransferContext context_{.network = files_.network};
};

}  // namespace netlab
