#include "protocol/echo/echo.h"

#include <fmt/core.h>

#include <array>

namespace netlab {

namespace {

// Returns the number of bytes, 0 at end of file. Not inlined, so that the buffer is on the stack
// only while there is something to echo.
[[gnu::noinline]] std::size_t echo_once(const Echo& echo, Stream& client, Network& network) {
  std::array<std::byte, 64 * 1024> buffer;
  const std::span piece(buffer);
  const std::size_t got = client.read_some(piece);
  if (got == 0) return 0;
  client.set_deadline(add_saturating(network.now(), echo.stall_timeout));
  client.write_all(piece.first(got));
  client.set_deadline(add_saturating(network.now(), echo.idle_timeout));
  return got;
}

}  // namespace

void serve_echo(const Echo& echo, Stream& client, Network& network) {
  std::uint64_t total = 0;
  while (const std::size_t got = echo_once(echo, client, network)) {
    total += got;
    client.await_input();
  }
  if (!echo.sink) return;
  const std::string peer = client.peer().text();
  echo.sink({"echoed",
             fmt::format("echoed {} bytes to {}", total, peer),
             {{"client", peer}, {"bytes", total}}});
}

}  // namespace netlab
