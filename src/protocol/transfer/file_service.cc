#include "protocol/transfer/file_service.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/escape.h"

namespace netlab {

void throw_truncated(const ServedFile& file, std::uint64_t end) {
  throw ProtocolError(fmt::format("{} was truncated while being sent, at byte {} of {}",
                                  escaped(file.name), end, file.status.size));
}

Event sent_event(const ServedFile& file, std::uint64_t offset, std::uint64_t count,
                 const Address& client) {
  const std::string name = escaped(file.name);
  const std::string peer = client.text();
  return {"sent",
          fmt::format("sent {} to {}: {} bytes from {}", name, peer, count, offset),
          {{"client", peer}, {"name", name}, {"offset", offset}, {"bytes", count}}};
}

void send_part(const FileService& service, const ServedFile& file, std::uint64_t offset,
               std::uint64_t count, RateLimiter& limiter, Stream& client, Network& network) {
  const std::string name = escaped(file.name);
  const std::string peer = client.peer().text();
  if (service.sink)
    service.sink({"sending",
                  fmt::format("sending {} to {}: {} bytes from {}", name, peer, count, offset),
                  {{"client", peer}, {"name", name}, {"offset", offset}, {"bytes", count}}});
  const std::uint64_t end = offset + count;
  MinimumRate min_rate(stall_size, service.stall_timeout, service.limit_rate, network);
  for (std::uint64_t at = offset; at < end;) {
    const std::uint64_t piece = limiter.chunk(std::min(stall_size, end - at));
    client.set_deadline(min_rate.deadline());
    const std::uint64_t sent = client.send_file(file.fd, at, piece);
    at += sent;
    if (sent < piece) throw_truncated(file, at);
    limiter.account(sent);
    min_rate.account(sent);
  }
  if (service.sink) service.sink(sent_event(file, offset, count, client.peer()));
}

}  // namespace netlab
