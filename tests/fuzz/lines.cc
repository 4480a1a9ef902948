// Lines and fields of a stream, which must not depend on how the stream is divided into pieces.
#include "protocol/message/line_framing.h"

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "support/scripted_stream.h"

namespace netlab {
namespace {

using Read = std::vector<std::string>;

// The error that ends the reading, or "the end".
template <typename Job>
std::string end_of(Job job) {
  try {
    job();
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "the end";
}

class Reading {
 public:
  Reading(std::string_view bytes, unsigned char max_chunk) {
    for (const std::string_view piece : pieces_of(bytes, max_chunk)) stream_.says(piece);
  }

  Read messages() {
    Read read;
    LineFraming lines(stream_);
    read.push_back(end_of([&] {
      while (auto message = lines.read(stream_, network_)) read.push_back(*message);
    }));
    return read;
  }

  // Reads a field of N bytes where the next byte is the digit N, otherwise a line.
  Read fields_and_lines(std::size_t max_line) {
    Read read;
    BufferedReader reader(stream_);
    read.push_back(end_of([&] {
      for (int next = reader.peek(); next >= 0; next = reader.peek()) {
        const bool digit = next >= '1' && next <= '9';
        read.push_back(digit ? reader.read_exact(static_cast<std::size_t>(next - '0'))
                             : reader.read_line(max_line));
      }
    }));
    return read;
  }

  // Reads the first line, and the bytes after it in pieces of `max_line` + 1 bytes.
  std::string line_and_rest(std::size_t max_line) {
    std::string read;
    BufferedReader reader(stream_);
    end_of([&] {
      read = reader.read_line(max_line) + '\n';
      std::vector<std::byte> into(max_line + 1);
      while (const std::size_t got = reader.read_some(into))
        read.append(reinterpret_cast<const char*>(into.data()), got);
    });
    return read;
  }

 private:
  VirtualNetwork network_;
  ScriptedStream stream_{network_};
};

// The messages in the bytes, divided without a reader.
Read messages_in(std::string_view bytes) {
  Read messages;
  while (!bytes.empty()) {
    std::string_view line = take_until(bytes, '\n');
    if (line.size() > LineFraming::max_line) {
      messages.push_back("a line of more than 4096 bytes");
      return messages;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    messages.emplace_back(line);
  }
  messages.push_back("the end");
  return messages;
}

void check_lines(std::string_view input) {
  const unsigned char pieces = take_byte(input);
  const std::size_t max_line = take_byte(input);
  must(Reading(input, pieces).messages() == messages_in(input), "messages are what LF ends");
  must(Reading(input, pieces).fields_and_lines(max_line) ==
           Reading(input, 0).fields_and_lines(max_line),
       "pieces are read as the whole is");
  const std::string line_and_rest = Reading(input, pieces).line_and_rest(max_line);
  must(line_and_rest.empty() || line_and_rest == input, "no byte is lost after a line");
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check_lines(netlab::text_of(data, size));
  return 0;
}
