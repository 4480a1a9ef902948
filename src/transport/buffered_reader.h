// BufferedReader reads lines and fields of known size from a Stream, which delivers bytes in
// whatever pieces it likes. What it has read too much is kept for the next call.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "transport/stream.h"

namespace netlab {

class BufferedReader {
 public:
  explicit BufferedReader(Stream& stream) : stream_(stream) {}

  // What can be had without waiting.
  std::size_t available() const { return buffer_.size() - taken_; }
  bool has_line() const { return rest().find('\n') != std::string_view::npos; }

  // The next byte without taking it; -1 when the peer has finished.
  int peek();
  // Exactly `count` bytes. Throws ConnectionEnded when the peer finishes before.
  std::string read_exact(std::size_t count);
  // The same of bytes that nobody wants.
  void skip_exact(std::size_t count);
  // A line without its LF. Throws ProtocolError when it is longer than `most` bytes,
  // ConnectionEnded when the peer finishes before.
  std::string read_line(std::size_t most);
  // The same, but the end of the stream ends a line as well; nothing when there is none left.
  std::optional<std::string> read_last_line(std::size_t most);
  // At least one byte; 0 when the peer has finished.
  std::size_t read_some(std::span<std::byte> into);
  // Moves what has come, at least one byte and at most `most`, to the file's position; 0 when the
  // peer has finished. Throws SystemError{"write " + name}.
  std::size_t receive_file(const Fd& file, const std::string& name, std::size_t most);

 private:
  bool fill();  // false: the peer has finished
  std::string_view rest() const { return std::string_view(buffer_).substr(taken_); }
  std::string take(std::size_t count);

  Stream& stream_;
  std::string buffer_;
  std::size_t taken_ = 0;
  std::size_t last_fill_ = 0;  // bytes that the last read brought
};

}  // namespace netlab
