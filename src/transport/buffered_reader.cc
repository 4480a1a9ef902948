#include "transport/buffered_reader.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {
constexpr std::size_t min_fill = 4 * 1024;
constexpr std::size_t max_fill = 256 * 1024;
}  // namespace

bool BufferedReader::fill() {
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  const std::size_t old_size = buffer_.size();
  // A peer that pipelines its requests is read in large pieces; one that does not needs little
  // memory.
  const std::size_t fill_size = std::clamp(2 * last_fill_, min_fill, max_fill);
  buffer_.resize(old_size + fill_size);
  const auto into = std::as_writable_bytes(std::span(buffer_)).subspan(old_size);
  try {
    last_fill_ = stream_.read_some(into);
  } catch (...) {
    buffer_.resize(old_size);
    throw;
  }
  buffer_.resize(old_size + last_fill_);
  return last_fill_ != 0;
}

std::string BufferedReader::take(std::size_t count) {
  std::string bytes(unread().substr(0, count));
  consumed_ += count;
  // Free a large buffer once it is empty, e.g. between two requests.
  if (consumed_ == buffer_.size() && buffer_.capacity() > min_fill) {
    buffer_ = std::string();
    consumed_ = 0;
  }
  return bytes;
}

int BufferedReader::peek() {
  if (unread().empty() && !fill()) return -1;
  return static_cast<unsigned char>(unread().front());
}

std::string BufferedReader::read_exact(std::size_t count) {
  while (unread().size() < count) {
    if (!fill())
      throw ConnectionEnded("the peer closed the connection after " +
                            std::to_string(unread().size()) + " of " + std::to_string(count) +
                            " bytes");
  }
  return take(count);
}

void BufferedReader::skip_exact(std::size_t count) {
  while (count > 0) {
    if (unread().empty() && !fill())
      throw ConnectionEnded("the peer closed the connection " + std::to_string(count) +
                            " bytes early");
    count -= take(std::min(count, unread().size())).size();
  }
}

std::string BufferedReader::read_line(std::size_t max_bytes) {
  for (std::size_t searched = 0;;) {
    const std::size_t end = unread().find('\n', searched);
    if (std::min(end, unread().size()) > max_bytes)
      throw ProtocolError("a line of more than " + std::to_string(max_bytes) + " bytes");
    if (end != std::string_view::npos) {
      std::string line = take(end + 1);
      line.pop_back();
      return line;
    }
    searched = unread().size();
    if (!fill()) throw ConnectionEnded("the peer closed the connection in the middle of a line");
  }
}

std::optional<std::string> BufferedReader::read_last_line(std::size_t max_bytes) {
  if (peek() < 0) return std::nullopt;
  try {
    return read_line(max_bytes);
  } catch (const ConnectionEnded&) {
    return take(unread().size());
  }
}

std::size_t BufferedReader::read_some(std::span<std::byte> into) {
  if (unread().empty()) return stream_.read_some(into);
  const std::string bytes = take(std::min(into.size(), unread().size()));
  std::ranges::copy(bytes_of(bytes), into.begin());
  return bytes.size();
}

std::size_t BufferedReader::receive_file(const Fd& file, const std::string& name,
                                         std::size_t max_bytes) {
  if (unread().empty()) return stream_.receive_file(file, name, max_bytes);
  const std::string bytes = take(std::min(max_bytes, unread().size()));
  call::write_all(file.get(), bytes_of(bytes), name);
  return bytes.size();
}

}  // namespace netlab
