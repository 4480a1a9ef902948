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

  // The next byte without taking it; -1 when the peer has finished.
  int peek();
  // Exactly `count` bytes. Throws ConnectionEnded when the peer finishes before.
  std::string read_exact(std::size_t count);
  // A line without its LF. Throws ProtocolError when it is longer than `most` bytes,
  // ConnectionEnded when the peer finishes before.
  std::string read_line(std::size_t most);
  // The same, but the end of the stream ends a line as well; nothing when there is none left.
  std::optional<std::string> read_last_line(std::size_t most);
  // At least one byte; 0 when the peer has finished.
  std::size_t read_some(std::span<std::byte> into);
  // Writes what was read too much to the file, at most `most` bytes, and returns how many; 0 when
  // there is none, and the file may be received from the stream itself.
  std::size_t write_rest(const Fd& file, const std::string& name, std::size_t most);

 private:
  bool fill();  // false: the peer has finished
  std::string_view rest() const { return std::string_view(buffer_).substr(taken_); }
  std::string take(std::size_t count);

  Stream& stream_;
  std::string buffer_;
  std::size_t taken_ = 0;
};

}  // namespace netlab
