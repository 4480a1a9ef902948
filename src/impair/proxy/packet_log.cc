#include "impair/proxy/packet_log.h"

#include <fcntl.h>

#include "base/bytes.h"
#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

constexpr std::size_t flushed_at = 256 * 1024;

std::string_view name_of(const ProxiedDatagram& datagram) {
  if (datagram.error != 0) return "unsent";
  switch (datagram.fate.outcome) {
    case Fate::Outcome::passed:
      return "passed";
    case Fate::Outcome::lost:
      return "lost";
    case Fate::Outcome::dropped:
      return "dropped";
    case Fate::Outcome::overflow:
      break;
  }
  return "overflow";
}

}  // namespace

PacketLog::PacketLog(const std::string& path)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (!file_) throw SystemError("open " + path);
  lines_.append(std::string_view(
      "time,direction,client,ordinal,bytes,fate,delay,duplicated,reordered,flipped_bit\n"));
  flush();
}

void PacketLog::write(const ProxiedDatagram& datagram) {
  const Fate& fate = datagram.fate;
  const auto out = fmt::appender(lines_);
  fmt::format_to(out, "{:.6f},{},{},{},{},{},", in_seconds(datagram.now - started_),
                 datagram.direction == Direction::up ? "up" : "down", datagram.flow, fate.ordinal,
                 datagram.size, name_of(datagram));
  if (datagram.error == 0 && fate.outcome == Fate::Outcome::passed) {
    fmt::format_to(out, "{:.6f},{:d},{:d},", in_seconds(fate.at - datagram.now), fate.duplicated,
                   fate.reordered);
    if (fate.flipped_bit) fmt::format_to(out, "{}", *fate.flipped_bit);
  } else {
    lines_.append(std::string_view(",,,"));
  }
  lines_.push_back('\n');
  if (lines_.size() >= flushed_at) flush();
}

void PacketLog::flush() {
  call::write_all(file_.get(), bytes_of({lines_.data(), lines_.size()}), path_);
  lines_.clear();
}

}  // namespace netlab
