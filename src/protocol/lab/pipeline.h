// Pipeline holds the requests of one connection whose replies are outstanding, oldest first, and
// counts their bytes. The caller bounds the bytes: they must fit into the socket buffers, or both
// ends could block on sending, a deadlock.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace netlab {

// Item describes a request.
template <typename Item>
class Pipeline {
 public:
  // `bytes`: the size of the request, or the maximum size of its reply.
  void push(Item item, std::size_t bytes) {
    items_.emplace_back(std::move(item), bytes);
    bytes_ += bytes;
  }
  std::size_t bytes() const { return bytes_; }

  // Removes and returns the oldest request if the requests have more than `max_bytes` bytes;
  // returns nothing otherwise.
  std::optional<Item> take_above(std::size_t max_bytes) {
    if (bytes_ <= max_bytes) return std::nullopt;
    auto [item, bytes] = std::move(items_.front());
    items_.pop_front();
    bytes_ -= bytes;
    return std::move(item);
  }

 private:
  std::deque<std::pair<Item, std::size_t>> items_;
  std::size_t bytes_ = 0;
};

}  // namespace netlab
