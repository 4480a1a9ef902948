#include "transport/reliable/state/send_buffer.h"

#include <algorithm>
#include <cassert>

namespace netlab::reliable {

void SendBuffer::grow(std::uint64_t bytes) {
  ring_.grow(bytes, std::min(begin_, written_to_), written_to_);
}

std::size_t SendBuffer::free() const {
  return finished_ ? 0 : ring_.capacity() - (written_to_ - begin_);
}

std::span<std::byte> SendBuffer::room() {
  return ring_.piece(written_to_, free());
}

void SendBuffer::copy(std::uint64_t offset, std::span<std::byte> into) const {
  assert((offset >= begin_ || into.empty()) && offset + into.size() <= written_to_);
  ring_.get(offset, into);
}

void SendBuffer::acknowledge(std::uint64_t offset) {
  assert(offset <= end());
  begin_ = std::max(begin_, offset);
}

}  // namespace netlab::reliable
