// A Connection whose peer sends arbitrary packets: a server's, or a client's if the highest bit of
// the first byte is set. The rest of the input is packets; before each, one byte is the time that
// passes (in milliseconds) and one is the packet's length. The checksums are corrected.
#include "transport/reliable/connection.h"

#include <algorithm>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "transport/reliable/wire/crc32c.h"

namespace netlab::reliable {
namespace {

constexpr std::size_t buffer_size = 4096;

// A length of 255 means a HELLO, which is padded to its required size.
std::vector<std::byte> next_packet(std::string_view& input) {
  const unsigned char length = take_byte(input);
  const std::size_t size = std::min<std::size_t>(length, input.size());
  const auto bytes = std::as_bytes(std::span(input.substr(0, size)));
  std::vector<std::byte> packet(bytes.begin(), bytes.end());
  input.remove_prefix(size);
  if (length == 255) packet.resize(base_packet_size);
  if (packet.size() < header_size) return packet;
  const std::uint32_t sum = crc32c(std::span(packet).subspan(4));
  for (std::size_t i = 0; i < 4; ++i) packet[i] = static_cast<std::byte>(sum >> (24 - 8 * i));
  return packet;
}

void run(std::string_view input) {
  const unsigned char first = take_byte(input);
  Settings settings;
  settings.strategy = static_cast<Strategy>(1 + first % 3);
  settings.send_buffer = settings.receive_buffer = buffer_size;
  const Identity identity{.id = 0x0101010101010101, .seed = 1};
  const Hello hello{
      .client = 2, .parameters = {settings.strategy, max_packet_size, 10, 8192}, .token = {}};
  Instant now = Instant(std::chrono::hours(1));
  std::optional<Connection> storage;
  if (first & 0x80)
    storage.emplace(now, settings, identity);
  else
    storage.emplace(now, settings, identity, hello);
  Connection& connection = *storage;
  std::vector<std::byte> room(max_packet_size);
  while (!input.empty()) {
    now += std::chrono::milliseconds(take_byte(input));
    connection.on_datagram(now, next_packet(input));
    if (connection.poll_timeout() <= now) connection.on_timeout(now);
    if (const std::size_t free = connection.room().size())
      connection.written(std::min<std::size_t>(free, 100));
    std::size_t sent = 0;
    while (const std::size_t bytes = connection.poll_transmit(now, room).bytes) sent += bytes;
    must(sent <= 4 * max_packet_size, "a connection sends no more than it may");
    must(connection.readable().size() <= buffer_size,
         "a connection buffers no more than it announced");
    if (!connection.readable().empty()) connection.consumed(1);
  }
}

}  // namespace
}  // namespace netlab::reliable

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::reliable::run(netlab::text_of(data, size));
  return 0;
}
