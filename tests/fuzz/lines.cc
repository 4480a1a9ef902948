// LineFraming and fields of a stream, which are the same in whatever pieces it comes.
#include "protocol/message/line_framing.h"

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "support/scripted_stream.h"

namespace netlab {
namespace {

using Read = std::vector<std::string>;

// What reading throws at the end.
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

  // Where a digit comes next a field of so many bytes, else a line.
  Read fields_and_lines(std::size_t most) {
    Read read;
    BufferedReader reader(stream_);
    read.push_back(end_of([&] {
      for (int next = reader.peek(); next >= 0; next = reader.peek()) {
        const bool digit = next >= '1' && next <= '9';
        read.push_back(digit ? reader.read_exact(static_cast<std::size_t>(next - '0'))
                             : reader.read_line(most));
      }
    }));
    return read;
  }

  // The first line, and what is behind it in pieces of `most` + 1 bytes.
  std::string behind_a_line(std::size_t most) {
    std::string read;
    BufferedReader reader(stream_);
    end_of([&] {
      read = reader.read_line(most) + '\n';
      std::vector<std::byte> into(most + 1);
      while (const std::size_t got = reader.read_some(into))
        read.append(reinterpret_cast<const char*>(into.data()), got);
    });
    return read;
  }

 private:
  VirtualNetwork network_;
  ScriptedStream stream_{network_};
};

// The messages in the bytes, cut without a reader.
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
  const std::size_t most = take_byte(input);
  must(Reading(input, pieces).messages() == messages_in(input), "messages are what LF ends");
  must(Reading(input, pieces).fields_and_lines(most) == Reading(input, 0).fields_and_lines(most),
       "pieces are read as the whole is");
  const std::string behind = Reading(input, pieces).behind_a_line(most);
  must(behind.empty() || behind == input, "no byte is lost behind a line");
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check_lines(netlab::text_of(data, size));
  return 0;
}
