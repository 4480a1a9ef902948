// Behaves as the lab sheet's server_broken_ftp without its bugs: it accepts fields that arrive in
// pieces, checks the offset, does not loop on a silent client, and does not read beyond the ten
// bytes of the offset.
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
  // The wire has no error messages: on an error the connection is closed.
  if (service.share.default_name().empty())
    throw ProtocolError("request on the sheet's wire, but no default file is set");
  const ServedFile file = service.share.open("");
  if (offset > file.status.size)
    throw ProtocolError(fmt::format("offset {} is beyond the end of {} ({} bytes)", offset,
                                    file.name, file.status.size));
  RateLimiter limiter(service.limit_rate, network);
  send_part(service, file, offset, file.status.size - offset, limiter, client, network);
  lingering_close(client, network);
}

}  // namespace netlab
