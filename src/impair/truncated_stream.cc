#include "impair/truncated_stream.h"

#include <algorithm>

namespace netlab {

std::size_t TruncatedStream::read_some(std::span<std::byte> into) {
  if (left_ == 0) {
    inner_->abort();
    return 0;
  }
  const std::size_t count = std::min<std::uint64_t>(into.size(), left_);
  const std::size_t got = inner_->read_some(into.first(count));
  left_ -= got;
  return got;
}

void TruncatedStream::set_deadline(Instant deadline) {
  Stream::set_deadline(deadline);
  inner_->set_deadline(deadline);
}

}  // namespace netlab
