// PacketLog is the file of `netlab impair udp --log`: comma-separated, a line of names and then a
// line a packet, as docs/impair.md describes it.
#pragma once

#include <fmt/format.h>

#include <string>

#include "impair/proxy/udp_proxy.h"

namespace netlab {

class PacketLog {
 public:
  // Makes or empties the file. Throws SystemError, and so do the others.
  explicit PacketLog(const std::string& path);

  void write(const ProxiedDatagram& datagram);
  // What was written is in the file from now on.
  void flush();

 private:
  std::string path_;
  Fd file_;
  Instant started_ = Clock::now();
  fmt::memory_buffer lines_;
};

}  // namespace netlab
