// The lab sheet's server_broken_ftp, but for its traps: it copes with fields in pieces, checks the
// offset, and neither spins on a silent client nor reads beyond the offset's ten bytes.
#include "protocol/sheet/server.h"

#include <fmt/core.h>

#include "base/error.h"
#include "protocol/sheet/codec.h"
#include "transport/lingering_close.h"

namespace netlab {

void serve_sheet(const FileService& service, BufferedReader& reader, Stream& client,
                 Network& network) {
  client.set_deadline(add_saturating(network.now(), service.request_timeout));
  const sheet::Command command = sheet::parse_command(reader.read_exact(sheet::command_size));
  const std::uint64_t offset = command == sheet::Command::whole
                                   ? 0
                                   : sheet::parse_offset(reader.read_exact(sheet::offset_size));
  // This wire has no error message: all its client can be told is the end of the connection.
  if (service.share.default_name().empty())
    throw ProtocolError("asks in the sheet's way, but no file is set for that (--sheet-file)");
  const ServedFile file = service.share.open("");
  if (offset > file.state.size)
    throw ProtocolError(
        fmt::format("offset {} is beyond the end of {} at {}", offset, file.name, file.state.size));
  RateLimiter limiter(service.limit_rate, network);
  send_part(service, file, offset, file.state.size - offset, limiter, client, network);
  lingering_close(client, network);
}

}  // namespace netlab
