// LineFraming is a Framing by lines: a message ends with LF or, as telnet sends it, CR LF. The end
// of the stream also ends the last message.
#pragma once

#include "protocol/message/stream_conversation.h"
#include "transport/buffered_reader.h"

namespace netlab {

class LineFraming : public Framing {
 public:
  static constexpr std::size_t max_line = 4096;  // longest message, bytes

  explicit LineFraming(Stream& stream) : reader_(stream) {}

  std::optional<std::string> read(Stream&, Network&) override {
    auto line = reader_.read_last_line(max_line);
    if (line && line->ends_with('\r')) line->pop_back();
    return line;
  }
  std::string framed(std::string message) const override { return message + '\n'; }

 private:
  BufferedReader reader_;
};

}  // namespace netlab
