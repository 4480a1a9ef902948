#include "protocol/transfer/parallel_download.h"

#include <fmt/core.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"
#include "protocol/transfer/rate_limit.h"

namespace netlab {
namespace {

// A range is small enough that few bytes are lost when all breaks off, and large enough that its
// request costs nothing.
constexpr std::uint64_t range_size = 4 * 1024 * 1024;
// Nobody begins a range that lies further than so many for each connection behind the first byte
// that is missing: should that one's connection stall, what the others have fetched beyond is lost.
constexpr std::uint64_t max_ahead = 4 * range_size;

// What the connections share: who fetches what, and how far each has come.
class Ranges {
 public:
  Ranges(const ParallelDownload& request, std::uint64_t size)
      : request_(request), size_(size), next_(request.offset), done_(request.offset) {}

  struct Range {
    std::uint64_t at;  // the next byte of it
    std::uint64_t end;
  };

  // The place of a connection: its range, while it has one.
  std::optional<Range>& add() {
    const std::lock_guard lock(mutex_);
    return *places_.emplace_back(std::make_unique<std::optional<Range>>());
  }

  // False when there is nothing left to begin. Waits while the others are far behind.
  bool next(std::optional<Range>& place) {
    std::unique_lock lock(mutex_);
    place.reset();
    changed_.notify_all();
    const std::uint64_t most = max_ahead * request_.receiving.streams;
    changed_.wait(lock, [&] { return failure_ || next_ < without_gap() + most; });
    if (failure_ || next_ == size_) return false;
    place = Range{next_, std::min(size_, next_ + range_size)};
    next_ = place->end;
    return true;
  }

  void moved(std::optional<Range>& place, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    place->at += bytes;
    done_ += bytes;
    changed_.notify_all();
    if (request_.receiving.progress) request_.receiving.progress(done_, size_);
  }

  // The connection keeps its place: what it has not fetched is a gap.
  void failed(std::exception_ptr why) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(why);
    changed_.notify_all();
  }
  bool has_failed() {
    const std::lock_guard lock(mutex_);
    return failure_ != nullptr;
  }

  // The first byte that is missing.
  std::uint64_t without_gap() const {
    std::uint64_t end = next_;
    for (const auto& place : places_)
      if (*place) end = std::min(end, (*place)->at);
    return end;
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const ParallelDownload& request_;
  std::uint64_t size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_;  // the first byte that nobody has begun
  std::uint64_t done_;
  std::vector<std::unique_ptr<std::optional<Range>>> places_;
  std::exception_ptr failure_;
};

class Connection {
 public:
  static std::uint64_t share_of(const DownloadSettings& receiving) {
    return (receiving.limit_rate + receiving.streams - 1) / receiving.streams;
  }

  Connection(const ParallelDownload& request, Ranges& ranges, const PartialFile& partial,
             Network& network)
      : request_(request),
        ranges_(ranges),
        partial_(partial),
        network_(network),
        place_(ranges.add()),
        remote_(request.remote.open_parallel()),
        limiter_(share_of(request.receiving), network) {}

  void run() {
    try {
      while (ranges_.next(place_)) receive();
    } catch (...) {
      ranges_.failed(std::current_exception());
    }
  }

 private:
  void restart_timeout() {
    remote_->set_deadline(add_saturating(network_.now(), request_.receiving.response_timeout));
  }

  void receive() {
    const Fd file = partial_.reopen(place_->at);
    restart_timeout();
    remote_->open_range(place_->at, place_->end - place_->at, request_.found.tag);
    MinimumRate min_rate = MinimumRate::of(request_.receiving.response_timeout,
                                           share_of(request_.receiving), network_);
    while (place_->at < place_->end && !ranges_.has_failed()) {
      remote_->set_deadline(min_rate.deadline(request_.receiving.response_timeout));
      const std::uint64_t most = std::min<std::uint64_t>(file_piece_size, place_->end - place_->at);
      const std::size_t got = remote_->receive_file(file, partial_.path(), limiter_.chunk(most));
      if (got == 0)
        throw ConnectionEnded(fmt::format("the server ended a connection at byte {} of {}",
                                          place_->at, *request_.found.size));
      ranges_.moved(place_, got);
      limiter_.account(got);
      min_rate.account(got);
    }
    if (place_->at < place_->end) throw ConnectionEnded("another connection has failed");
  }

  const ParallelDownload& request_;
  Ranges& ranges_;
  const PartialFile& partial_;
  Network& network_;
  std::optional<Ranges::Range>& place_;
  std::unique_ptr<RemoteFile> remote_;
  RateLimiter limiter_;
};

}  // namespace

void download_in_parallel(const ParallelDownload& request, PartialFile& partial, Network& network) {
  if (!request.remote.open_parallel() || !request.found.size)
    throw ProtocolError("this wire has no ranges: --streams is not possible");
  partial.start(request.offset, request.found.tag, true);
  if (request.receiving.progress) request.receiving.progress(request.offset, *request.found.size);
  Ranges ranges(request, *request.found.size);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < request.receiving.streams; ++i)
      threads.emplace_back([&] { Connection(request, ranges, partial, network).run(); });
  }
  const std::uint64_t end = ranges.without_gap();
  partial.truncate(end);
  if (end < *request.found.size) partial.start(end, request.found.tag);
  ranges.rethrow();
}

}  // namespace netlab
