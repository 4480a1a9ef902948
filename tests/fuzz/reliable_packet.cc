// A datagram of the reliable transport, as it is and with its checksum corrected.
#include "transport/reliable/wire/packet.h"

#include <algorithm>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "transport/reliable/describe.h"
#include "transport/reliable/wire/crc32c.h"

namespace netlab::reliable {
namespace {

template <typename Body>
std::size_t emit_again(const Packet& packet, const Body& body, std::span<std::byte> room) {
  return emit(packet.to, body, room);
}
std::size_t emit_again(const Packet& packet, const Ping& ping, std::span<std::byte> room) {
  emit(packet.to, ping, room.first(header_size + 8));
  return header_size + 8;
}
std::size_t emit_again(const Packet& packet, const Data& data, std::span<std::byte> room) {
  const auto again = room.first(data_header_size + data.payload.size());
  std::ranges::copy(data.payload, again.begin() + data_header_size);
  emit_around(packet.to, data, again);
  return again.size();
}

void check(std::span<const std::byte> datagram) {
  const auto packet = parse(datagram);
  if (!packet) return;
  std::vector<std::byte> room(max_packet_size);
  const std::size_t size =
      std::visit([&](const auto& body) { return emit_again(*packet, body, room); }, packet->body);
  must(size <= std::max(datagram.size(), base_packet_size), "what is emitted is no longer");
  const auto again = parse(std::span(room).first(size));
  must(again.has_value(), "what is emitted is read");
  must(text(*again) == text(*packet), "it is read as it was");
}

}  // namespace
}  // namespace netlab::reliable

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netlab::reliable;
  std::vector<std::byte> datagram(size);
  std::transform(data, data + size, datagram.begin(), [](auto byte) { return std::byte{byte}; });
  check(datagram);
  if (size < header_size) return 0;
  // Again with a correct checksum: otherwise the parser looks no further.
  const std::uint32_t sum = crc32c(std::span(datagram).subspan(4));
  for (std::size_t i = 0; i < 4; ++i) datagram[i] = static_cast<std::byte>(sum >> (24 - 8 * i));
  check(datagram);
  return 0;
}
