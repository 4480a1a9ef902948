// FileService holds the settings of a file server, and send_part() sends the bytes of a file; both
// are the same for the lab wire and the sheet's wire.
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
  std::uint64_t limit_rate = 0;  // bytes/s to or from each client; 0: unlimited
  Duration request_timeout = std::chrono::seconds(30);  // from a request's first byte to its last
  Duration idle_timeout = std::chrono::seconds(300);    // for the next request to begin
  Duration stall_timeout = std::chrono::seconds(60);    // for each stall_size bytes
};

// Bytes that must be transferred within the stall timeout. Each piece of this size has one
// deadline, which single bytes do not extend.
inline constexpr std::uint64_t stall_size = 256 * 1024;

// Sends bytes [offset, offset + count) of the file, which must be within its size when it was
// opened. Throws ProtocolError if the file was truncated since, and SystemError ETIMEDOUT if the
// client does not receive it fast enough.
void send_part(const FileService& service, const ServedFile& file, std::uint64_t offset,
               std::uint64_t count, RateLimiter& limiter, Stream& client, Network& network);
// Throws ProtocolError: the file was truncated at `end`.
[[noreturn]] void throw_truncated(const ServedFile& file, std::uint64_t end);
// The event that reports these bytes as sent.
Event sent_event(const ServedFile& file, std::uint64_t offset, std::uint64_t count,
                 const Address& client);

}  // namespace netlab
