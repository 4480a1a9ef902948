// PacketLog writes the file of `netlab impair udp --log`: CSV with a header line and one line per
// packet. docs/impair.md describes the fields.
#pragma once

#include <fmt/format.h>

#include <string>

#include "impair/proxy/udp_proxy.h"

namespace netlab {

class PacketLog {
 public:
  // Creates or truncates the file. All functions throw SystemError.
  explicit PacketLog(const std::string& path);

  void write(const ProxiedDatagram& datagram);
  // Writes the buffered lines to the file.
  void flush();

 private:
  std::string path_;
  Fd file_;
  Instant started_ = Clock::now();
  fmt::memory_buffer lines_;
};

}  // namespace netlab
