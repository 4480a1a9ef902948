#include "impair/truncated_stream.h"

#include <algorithm>

namespace netlab {

std::size_t TruncatedStream::read_some(std::span<std::byte> into) {
  if (left_ == 0) {
    beneath_->abort();
    return 0;
  }
  beneath_->set_deadline(deadline());
  const std::size_t most = std::min<std::uint64_t>(into.size(), left_);
  const std::size_t got = beneath_->read_some(into.first(most));
  left_ -= got;
  return got;
}

void TruncatedStream::write_all(std::span<const std::byte> bytes) {
  beneath_->set_deadline(deadline());
  beneath_->write_all(bytes);
}

}  // namespace netlab
