#include "protocol/echo/echo.h"

#include <fmt/core.h>

#include <array>

namespace netlab {

void serve_echo(const Echo& echo, Stream& client, Network& network) {
  std::array<std::byte, 64 * 1024> buffer;  // only the pages that are touched cost memory
  const std::span piece(buffer);
  std::uint64_t total = 0;
  while (const std::size_t got = client.read_some(piece)) {
    client.set_deadline(add_saturating(network.now(), echo.stall_timeout));
    client.write_all(piece.first(got));
    client.set_deadline(add_saturating(network.now(), echo.idle_timeout));
    total += got;
  }
  if (!echo.sink) return;
  const std::string peer = client.peer().text();
  echo.sink({"echoed",
             fmt::format("echoed {} bytes to {}", total, peer),
             {{"client", peer}, {"bytes", total}}});
}

}  // namespace netlab
