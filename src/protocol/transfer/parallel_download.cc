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
constexpr std::uint64_t most_ahead = 4 * range_size;

// What the connections share: who fetches what, and how far each has come.
class Ranges {
 public:
  Ranges(const StreamsOrder& order, std::uint64_t size)
      : order_(order), size_(size), next_(order.offset), done_(order.offset) {}

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
    const std::uint64_t most = most_ahead * order_.receiving.streams;
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
    if (order_.receiving.progress) order_.receiving.progress(done_, size_);
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
  const StreamsOrder& order_;
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
  static std::uint64_t share_of(const Receiving& receiving) {
    return (receiving.limit_rate + receiving.streams - 1) / receiving.streams;
  }

  Connection(const StreamsOrder& order, Ranges& ranges, const Partial& partial, Network& network)
      : order_(order),
        ranges_(ranges),
        partial_(partial),
        network_(network),
        place_(ranges.add()),
        remote_(order.remote.another()),
        pace_(share_of(order.receiving), network) {}

  void run() {
    try {
      while (ranges_.next(place_)) receive();
    } catch (...) {
      ranges_.failed(std::current_exception());
    }
  }

 private:
  void wait_anew() { remote_->set_deadline(later(network_.now(), order_.receiving.silence)); }

  void receive() {
    const Fd file = partial_.reopen(place_->at);
    wait_anew();
    remote_->open_range(place_->at, place_->end - place_->at, order_.found.tag);
    LeastRate least = LeastRate::of(order_.receiving.silence, share_of(order_.receiving), network_);
    while (place_->at < place_->end && !ranges_.has_failed()) {
      remote_->set_deadline(least.deadline(order_.receiving.silence));
      const std::uint64_t most = std::min<std::uint64_t>(file_piece_size, place_->end - place_->at);
      const std::size_t got = remote_->receive_file(file, partial_.path(), pace_.piece(most));
      if (got == 0)
        throw ConnectionEnded(fmt::format("the server ended a connection at byte {} of {}",
                                          place_->at, *order_.found.size));
      ranges_.moved(place_, got);
      pace_.moved(got);
      least.moved(got);
    }
    if (place_->at < place_->end) throw ConnectionEnded("another connection has failed");
  }

  const StreamsOrder& order_;
  Ranges& ranges_;
  const Partial& partial_;
  Network& network_;
  std::optional<Ranges::Range>& place_;
  std::unique_ptr<RemoteFile> remote_;
  Pace pace_;
};

}  // namespace

void receive_in_streams(const StreamsOrder& order, Partial& partial, Network& network) {
  if (!order.remote.another() || !order.found.size)
    throw ProtocolError("this wire has no ranges: --streams is not possible");
  partial.start(order.offset, order.found.tag, true);
  if (order.receiving.progress) order.receiving.progress(order.offset, *order.found.size);
  Ranges ranges(order, *order.found.size);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < order.receiving.streams; ++i)
      threads.emplace_back([&] { Connection(order, ranges, partial, network).run(); });
  }
  const std::uint64_t end = ranges.without_gap();
  partial.truncate(end);
  if (end < *order.found.size) partial.start(end, order.found.tag);
  ranges.rethrow();
}

}  // namespace netlab
