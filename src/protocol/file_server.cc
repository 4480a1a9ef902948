#include "protocol/file_server.h"

#include <fmt/core.h>

#include <algorithm>

#include "protocol/escape.h"
#include "socket/error.h"

namespace netlab {
namespace {
// What has to move within the stall time-out. A client that takes a byte now and then does not move
// it on: each piece has one deadline.
constexpr std::uint64_t piece_size = 256 * 1024;

bool is_uppercase(int byte) {
  return byte >= 'A' && byte <= 'Z';
}
}  // namespace

void serve_files(const FileService& service, Stream& client, Network& network) {
  BufferedReader reader(client);
  const int first = reader.peek();
  if (first < 0) return;  // came and went without a word
  if (is_uppercase(first))
    serve_lab(service, reader, client, network);
  else
    serve_sheet(service, reader, client, network);
}

void send_rest(const FileService& service, const SharedFile& file, std::uint64_t offset,
               Stream& client, Network& network) {
  const std::string name = escaped(file.name);
  const std::string peer = client.peer().text();
  const std::uint64_t count = file.state.size - offset;
  if (service.tell)
    service.tell({"sending",
                  fmt::format("sending {} to {}: {} bytes from {}", name, peer, count, offset),
                  {{"client", peer}, {"name", name}, {"offset", offset}, {"bytes", count}}});
  for (std::uint64_t at = offset; at < file.state.size;) {
    const std::uint64_t piece = std::min(piece_size, file.state.size - at);
    client.set_deadline(later(network.now(), service.stall_timeout));
    const std::uint64_t sent = client.send_file(file.fd, at, piece);
    at += sent;
    if (sent < piece)
      throw ProtocolError(fmt::format("{} has become shorter while it was sent: {} of {} bytes",
                                      name, at, file.state.size));
  }
  if (service.tell)
    service.tell({"sent",
                  fmt::format("sent {} to {}: {} bytes", name, peer, count),
                  {{"client", peer}, {"name", name}, {"offset", offset}, {"bytes", count}}});
}

}  // namespace netlab
