#include "transport/cut_stream.h"

#include <algorithm>

namespace netlab {

std::size_t CutStream::read_some(std::span<std::byte> into) {
  if (left_ == 0) beneath_->cut();
  beneath_->set_deadline(deadline());
  const std::size_t most = std::min<std::uint64_t>(into.size(), std::max<std::uint64_t>(left_, 1));
  const std::size_t got = beneath_->read_some(into.first(most));
  if (left_ == 0) return 0;  // what the kernel had buffered before the cut is lost as well
  left_ -= got;
  return got;
}

void CutStream::write_all(std::span<const std::byte> bytes) {
  beneath_->set_deadline(deadline());
  beneath_->write_all(bytes);
}

}  // namespace netlab
