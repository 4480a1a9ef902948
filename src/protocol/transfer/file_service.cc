#include "protocol/transfer/file_service.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/escape.h"

namespace netlab {

void throw_shorter(const SharedFile& file, std::uint64_t end) {
  throw ProtocolError(fmt::format("{} has become shorter while it was sent: {} of {} bytes",
                                  escaped(file.name), end, file.state.size));
}

Event sent_event(const SharedFile& file, std::uint64_t offset, std::uint64_t count,
                 const Address& client) {
  const std::string name = escaped(file.name);
  const std::string peer = client.text();
  return {"sent",
          fmt::format("sent {} to {}: {} bytes from {}", name, peer, count, offset),
          {{"client", peer}, {"name", name}, {"offset", offset}, {"bytes", count}}};
}

void send_part(const FileService& service, const SharedFile& file, std::uint64_t offset,
               std::uint64_t count, Pace& pace, Stream& client, Network& network) {
  const std::string name = escaped(file.name);
  const std::string peer = client.peer().text();
  if (service.tell)
    service.tell({"sending",
                  fmt::format("sending {} to {}: {} bytes from {}", name, peer, count, offset),
                  {{"client", peer}, {"name", name}, {"offset", offset}, {"bytes", count}}});
  const std::uint64_t end = offset + count;
  LeastRate least(stall_size, service.stall_timeout, service.limit_rate, network);
  for (std::uint64_t at = offset; at < end;) {
    const std::uint64_t piece = pace.piece(std::min(stall_size, end - at));
    client.set_deadline(least.deadline());
    const std::uint64_t sent = client.send_file(file.fd, at, piece);
    at += sent;
    if (sent < piece) throw_shorter(file, at);
    pace.moved(sent);
    least.moved(sent);
  }
  if (service.tell) service.tell(sent_event(file, offset, count, client.peer()));
}

}  // namespace netlab
