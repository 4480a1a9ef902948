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

namespace netlab {
namespace {

// Small enough that an interruption loses few bytes, and large enough that the cost of a request is
// negligible.
constexpr std::uint64_t range_size = 4 * 1024 * 1024;
// No connection starts a range further than this many bytes per connection after the first gap. If
// the connection that fetches the gap fails, all bytes after the gap are lost.
constexpr std::uint64_t max_ahead = 4 * range_size;

// The ranges of all connections and their progress. Thread-safe, except first_gap() and rethrow().
class RangeScheduler {
 public:
  RangeScheduler(const ParallelDownload& request, const TransferContext& context)
      : context_(context),
        size_(*request.found.size),
        window_(max_ahead * request.streams),
        next_(request.offset),
        done_(request.offset) {}

  struct Range {
    std::uint64_t at;  // the next byte of it
    std::uint64_t end;
  };

  // Adds a slot for a connection: its current range, or nothing. The slot is valid as
  // long as the RangeScheduler.
  std::optional<Range>& add_slot() {
    const std::lock_guard lock(mutex_);
    return *slots_.emplace_back(std::make_unique<std::optional<Range>>());
  }

  // Takes the next range. Returns false if none is left or a connection has failed. Waits while the
  // next range is too far after the first gap.
  bool next(std::optional<Range>& slot) {
    std::unique_lock lock(mutex_);
    slot.reset();
    changed_.notify_all();
    changed_.wait(lock, [&] { return failure_ || next_ < first_gap() + window_; });
    if (failure_ || next_ == size_) return false;
    slot = Range{next_, std::min(size_, next_ + range_size)};
    next_ = slot->end;
    return true;
  }

  void advance(std::optional<Range>& slot, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    slot->at += bytes;
    done_ += bytes;
    changed_.notify_all();
    context_.progress({bytes, done_, size_});
  }

  // Stops all connections. The failed one keeps its slot, because the rest of its range is a gap.
  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(error);
    changed_.notify_all();
  }
  bool has_failed() {
    const std::lock_guard lock(mutex_);
    return failure_ != nullptr;
  }

  // The first byte not received. Call with the mutex held, or after all threads have ended.
  std::uint64_t first_gap() const {
    std::uint64_t end = next_;
    for (const auto& slot : slots_)
      if (*slot) end = std::min(end, (*slot)->at);
    return end;
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const TransferContext& context_;
  std::uint64_t size_;
  std::uint64_t window_;  // how far a range may start after the first gap, bytes
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_;  // the first byte that no connection has taken
  std::uint64_t done_;  // bytes received, including those before the download
  std::vector<std::unique_ptr<std::optional<Range>>> slots_;
  std::exception_ptr failure_;
};

class RangeFetcher {
 public:
  RangeFetcher(const ParallelDownload& request, RangeScheduler& ranges, const PartialFile& partial,
               const TransferContext& all)
      : request_(request),
        ranges_(ranges),
        partial_(partial),
        slot_(ranges.add_slot()),
        remote_(request.remote.open_parallel()),
        context_{
            .network = all.network,
            .response_timeout = all.response_timeout,
            .limiter{(all.limiter.rate() + request.streams - 1) / request.streams, all.network}} {}

  void run() {
    try {
      while (ranges_.next(slot_)) receive();
    } catch (...) {
      ranges_.fail(std::current_exception());
    }
  }

 private:
  void receive() {
    const Fd file = partial_.reopen(slot_->at);
    remote_->set_deadline(context_.deadline());
    remote_->open_range(slot_->at, slot_->end - slot_->at, request_.found.tag);
    MinimumRate min_rate = context_.minimum_rate();
    while (slot_->at < slot_->end && !ranges_.has_failed()) {
      remote_->set_deadline(min_rate.deadline(context_.response_timeout));
      const std::uint64_t max_bytes =
          std::min<std::uint64_t>(file_piece_size, slot_->end - slot_->at);
      const std::size_t got =
          remote_->receive_file(file, partial_.path(), context_.limiter.chunk(max_bytes));
      if (got == 0)
        throw ConnectionEnded(fmt::format("the server closed a connection at byte {} of {}",
                                          slot_->at, *request_.found.size));
      ranges_.advance(slot_, got);
      context_.limiter.account(got);
      min_rate.account(got);
    }
    if (slot_->at < slot_->end) throw ConnectionEnded("another connection failed");
  }

  const ParallelDownload& request_;
  RangeScheduler& ranges_;
  const PartialFile& partial_;
  std::optional<RangeScheduler::Range>& slot_;
  std::unique_ptr<RemoteFile> remote_;
  TransferContext context_;  // with a share of the rate
};

}  // namespace

void download_in_parallel(const ParallelDownload& request, PartialFile& partial,
                          const TransferContext& context) {
  if (!request.remote.open_parallel() || !request.found.size)
    throw ProtocolError("parallel download: the server does not support ranges");
  partial.start(request.offset, request.found.tag, true);
  context.progress({.done = request.offset, .size = *request.found.size});
  RangeScheduler ranges(request, context);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < request.streams; ++i)
      threads.emplace_back([&] { RangeFetcher(request, ranges, partial, context).run(); });
  }
  const std::uint64_t end = ranges.first_gap();
  partial.truncate(end);
  if (end < *request.found.size) partial.start(end, request.found.tag);
  ranges.rethrow();
}

}  // namespace netlab
