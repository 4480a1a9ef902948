// BufferedReader reads lines and fixed-size fields from a Stream, which delivers bytes in pieces of
// any size. Bytes read beyond the end of a line or field are buffered for the next call. The stream
// must outlive the reader.
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

  // What can be read without waiting.
  std::size_t available() const { return buffer_.size() - consumed_; }
  bool has_line() const { return unread().find('\n') != std::string_view::npos; }

  // Returns the next byte without consuming it, or -1 at end of file.
  int peek();
  // Reads exactly `count` bytes. Throws ConnectionEnded if the stream ends before that.
  std::string read_exact(std::size_t count);
  // The same, but discards the bytes.
  void skip_exact(std::size_t count);
  // Reads a line and returns it without its LF. Throws ProtocolError if it is longer than
  // `max_bytes`, ConnectionEnded if the stream ends before the LF.
  std::string read_line(std::size_t max_bytes);
  // The same, but end of file also ends a line. Returns nothing when no line is left.
  std::optional<std::string> read_last_line(std::size_t max_bytes);
  // Reads at least one byte; returns 0 at end of file.
  std::size_t read_some(std::span<std::byte> into);
  // Writes received bytes, at least one and at most `max_bytes`, at the file's position;
  // returns 0 at end of file. Throws SystemError{"write " + name}.
  std::size_t receive_file(const Fd& file, const std::string& name, std::size_t max_bytes);

 private:
  bool fill();  // returns false at end of file
  std::string_view unread() const { return std::string_view(buffer_).substr(consumed_); }
  std::string take(std::size_t count);

  Stream& stream_;
  std::string buffer_;
  std::size_t consumed_ = 0;
  std::size_t last_fill_ = 0;  // bytes received by the last fill()
};

}  // namespace netlab
