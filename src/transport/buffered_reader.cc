#include "transport/buffered_reader.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {
constexpr std::size_t smallest_fill = 4 * 1024;
constexpr std::size_t largest_fill = 256 * 1024;
}  // namespace

bool BufferedReader::fill() {
  buffer_.erase(0, taken_);
  taken_ = 0;
  const std::size_t held = buffer_.size();
  // Who sends requests ahead of their answers is read in large pieces; who does not costs little.
  const std::size_t room = std::clamp(2 * last_fill_, smallest_fill, largest_fill);
  buffer_.resize(held + room);
  const auto into = std::as_writable_bytes(std::span(buffer_)).subspan(held);
  try {
    last_fill_ = stream_.read_some(into);
  } catch (...) {
    buffer_.resize(held);
    throw;
  }
  buffer_.resize(held + last_fill_);
  return last_fill_ != 0;
}

std::string BufferedReader::take(std::size_t count) {
  std::string bytes(rest().substr(0, count));
  taken_ += count;
  // Between two requests nothing is kept.
  if (taken_ == buffer_.size() && buffer_.capacity() > smallest_fill) {
    buffer_ = std::string();
    taken_ = 0;
  }
  return bytes;
}

int BufferedReader::peek() {
  if (rest().empty() && !fill()) return -1;
  return static_cast<unsigned char>(rest().front());
}

std::string BufferedReader::read_exact(std::size_t count) {
  while (rest().size() < count) {
    if (!fill())
      throw ConnectionEnded("the peer finished after " + std::to_string(rest().size()) + " of " +
                            std::to_string(count) + " bytes");
  }
  return take(count);
}

void BufferedReader::skip_exact(std::size_t count) {
  while (count > 0) {
    if (rest().empty() && !fill())
      throw ConnectionEnded("the peer finished " + std::to_string(count) + " bytes early");
    count -= take(std::min(count, rest().size())).size();
  }
}

std::string BufferedReader::read_line(std::size_t most) {
  for (std::size_t searched = 0;;) {
    const std::size_t end = rest().find('\n', searched);
    if (std::min(end, rest().size()) > most)
      throw ProtocolError("a line of more than " + std::to_string(most) + " bytes");
    if (end != std::string_view::npos) {
      std::string line = take(end + 1);
      line.pop_back();
      return line;
    }
    searched = rest().size();
    if (!fill()) throw ConnectionEnded("the peer finished in the middle of a line");
  }
}

std::optional<std::string> BufferedReader::read_last_line(std::size_t most) {
  if (peek() < 0) return std::nullopt;
  try {
    return read_line(most);
  } catch (const ConnectionEnded&) {
    return take(rest().size());
  }
}

std::size_t BufferedReader::read_some(std::span<std::byte> into) {
  if (rest().empty()) return stream_.read_some(into);
  const std::string bytes = take(std::min(into.size(), rest().size()));
  std::ranges::copy(bytes_of(bytes), into.begin());
  return bytes.size();
}

std::size_t BufferedReader::receive_file(const Fd& file, const std::string& name,
                                         std::size_t most) {
  if (rest().empty()) return stream_.receive_file(file, name, most);
  const std::string bytes = take(std::min(most, rest().size()));
  call::write_all(file.get(), bytes_of(bytes), name);
  return bytes.size();
}

}  // namespace netlab
