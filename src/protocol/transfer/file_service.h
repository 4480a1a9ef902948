// What a server of files is to do, whichever wire it speaks, and the sending of a file's bytes.
#pragma once

#include "base/event.h"
#include "file/served_files.h"
#include "protocol/transfer/rate_limit.h"
#include "transport/network.h"

namespace netlab {

struct FileService {
  const ServedFiles& share;
  EventSink sink;
  bool writable = false;         // whether files may be uploaded
  std::uint64_t limit_rate = 0;  // bytes a second to or from each client; 0: as fast as it goes
  Duration request_timeout = std::chrono::seconds(30);  // from a request's first byte to its last
  Duration idle_timeout = std::chrono::seconds(300);    // between two requests
  Duration stall_timeout = std::chrono::seconds(60);    // for each 256 KiB of a file
};

// What has to move within the stall time-out. A client that takes a byte now and then does not move
// it on: each piece has one deadline.
inline constexpr std::uint64_t stall_size = 256 * 1024;

// Sends `count` bytes of the file from the offset on, which it had when it was opened. Throws
// ProtocolError when it has become shorter meanwhile, SystemError ETIMEDOUT when the client does
// not take it.
void send_part(const FileService& service, const ServedFile& file, std::uint64_t offset,
               std::uint64_t count, RateLimiter& limiter, Stream& client, Network& network);
// The error of a file that has become shorter.
[[noreturn]] void throw_shorter(const ServedFile& file, std::uint64_t end);
// The line that is told when it has been sent.
Event sent_event(const ServedFile& file, std::uint64_t offset, std::uint64_t count,
                 const Address& client);

}  // namespace netlab
