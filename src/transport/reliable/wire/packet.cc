#include "transport/reliable/wire/packet.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "transport/reliable/wire/crc32c.h"

namespace netlab::reliable {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t to_offset = 8;  // of the connection id
constexpr std::size_t parameters_size = 24;
constexpr std::size_t ack_size = 48;  // without the ranges
constexpr std::size_t range_size = 16;

enum class Kind : std::uint8_t { hello = 1, retry, welcome, data, ack, ping, close, gone };

template <typename Number>
Number get(std::span<const std::byte> bytes, std::size_t at) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i)
    number = static_cast<Number>((std::uint64_t{number} << 8) |
                                 static_cast<std::uint64_t>(bytes[at + i]));
  return number;
}

template <typename Number>
void put(std::span<std::byte> bytes, std::size_t at, Number number) {
  for (std::size_t i = sizeof number; i > 0; --i) {
    bytes[at + i - 1] = static_cast<std::byte>(number);
    number = static_cast<Number>(std::uint64_t{number} >> 8);
  }
}

// Writes the header except for the checksum, which put_checksum() adds to the finished packet.
void put_header(std::span<std::byte> packet, Kind kind, std::uint64_t to, std::uint16_t flags = 0) {
  put(packet, 4, version);
  put(packet, 5, static_cast<std::uint8_t>(kind));
  put(packet, 6, flags);
  put(packet, to_offset, to);
}

void put_checksum(std::span<std::byte> packet) {
  put(packet, 0, crc32c(packet.subspan(4)));
}

std::size_t finish(std::span<std::byte> packet) {
  put_checksum(packet);
  return packet.size();
}

void put_parameters(std::span<std::byte> packet, std::size_t at,
                    const TransportParameters& parameters) {
  put(packet, at, static_cast<std::uint8_t>(parameters.strategy));
  put(packet, at + 1, std::uint8_t{0});
  put(packet, at + 2, std::uint16_t{0});
  put(packet, at + 4, parameters.max_datagram);
  put(packet, at + 8, parameters.window);
  put(packet, at + 12, std::uint32_t{0});
  put(packet, at + 16, parameters.max_data);
}

std::optional<TransportParameters> get_parameters(std::span<const std::byte> packet,
                                                  std::size_t at) {
  const auto strategy = get<std::uint8_t>(packet, at);
  const TransportParameters parameters{.strategy = static_cast<Strategy>(strategy),
                                       .max_datagram = get<std::uint32_t>(packet, at + 4),
                                       .window = get<std::uint32_t>(packet, at + 8),
                                       .max_data = get<std::uint64_t>(packet, at + 16)};
  const bool known = strategy >= 1 && strategy <= 3;
  const bool fits =
      parameters.max_datagram >= base_packet_size && parameters.max_datagram <= max_packet_size;
  if (!known || !fits || parameters.window == 0 || parameters.max_data >= number_end)
    return std::nullopt;
  return parameters;
}

using Body = decltype(Packet::body);

std::optional<Body> parse_hello(std::span<const std::byte> packet) {
  constexpr std::size_t token_offset = header_size + 8 + parameters_size + 2;
  if (packet.size() < base_packet_size)
    return std::nullopt;  // no amplification: a reply is never larger
  const auto parameters = get_parameters(packet, header_size + 8);
  const std::size_t token = get<std::uint16_t>(packet, token_offset - 2);
  if (!parameters || token > max_token) return std::nullopt;
  return Hello{get<std::uint64_t>(packet, header_size), *parameters,
               packet.subspan(token_offset, token)};
}

std::optional<Body> parse_retry(std::span<const std::byte> packet) {
  const auto token = packet.subspan(header_size);
  if (token.empty() || token.size() > max_token) return std::nullopt;
  return Retry{token};
}

std::optional<Body> parse_welcome(std::span<const std::byte> packet) {
  if (packet.size() != header_size + 8 + parameters_size) return std::nullopt;
  const auto parameters = get_parameters(packet, header_size + 8);
  if (!parameters) return std::nullopt;
  return Welcome{get<std::uint64_t>(packet, header_size), *parameters};
}

std::optional<Body> parse_data(std::span<const std::byte> packet, std::uint16_t flags) {
  if (packet.size() < data_header_size) return std::nullopt;
  const Data data{.number = get<std::uint64_t>(packet, header_size),
                  .offset = get<std::uint64_t>(packet, header_size + 8),
                  .payload = packet.subspan(data_header_size),
                  .last = flags == 1};
  if (data.number >= number_end || data.offset >= number_end) return std::nullopt;
  if (data.payload.empty() && !data.last) return std::nullopt;
  return data;
}

std::optional<Body> parse_ack(std::span<const std::byte> packet) {
  if (packet.size() < ack_size) return std::nullopt;
  Ack ack;
  ack.largest = get<std::uint64_t>(packet, header_size);
  ack.cumulative_ack = get<std::uint64_t>(packet, header_size + 8);
  ack.max_data = get<std::uint64_t>(packet, header_size + 16);
  ack.delay = std::chrono::microseconds(get<std::uint32_t>(packet, header_size + 24));
  ack.count = get<std::uint16_t>(packet, header_size + 28);
  if (ack.largest >= number_end || ack.cumulative_ack >= number_end || ack.max_data >= number_end)
    return std::nullopt;
  if (ack.count > max_ranges || packet.size() != ack_size + ack.count * range_size)
    return std::nullopt;
  std::uint64_t above = ack.largest + 2;  // each range ends below the previous one, with a gap
  for (std::size_t i = 0; i < ack.count; ++i) {
    const std::size_t at = ack_size + i * range_size;
    const Range range{get<std::uint64_t>(packet, at), get<std::uint64_t>(packet, at + 8)};
    if (range.first >= range.end || range.end >= above) return std::nullopt;
    above = range.first;
    ack.ranges[i] = range;
  }
  return ack;
}

std::optional<Body> parse_ping(std::span<const std::byte> packet) {
  if (packet.size() < header_size + 8) return std::nullopt;
  const Ping ping{get<std::uint64_t>(packet, header_size)};
  if (ping.number >= number_end) return std::nullopt;
  return ping;
}

std::optional<Body> parse_close(std::span<const std::byte> packet) {
  if (packet.size() != header_size + 4) return std::nullopt;
  return Close{static_cast<Close::Code>(get<std::uint32_t>(packet, header_size))};
}

std::optional<Body> parse_body(Kind kind, std::span<const std::byte> packet, std::uint16_t flags) {
  if (flags > (kind == Kind::data ? 1 : 0)) return std::nullopt;
  switch (kind) {
    case Kind::hello:
      return parse_hello(packet);
    case Kind::retry:
      return parse_retry(packet);
    case Kind::welcome:
      return parse_welcome(packet);
    case Kind::data:
      return parse_data(packet, flags);
    case Kind::ack:
      return parse_ack(packet);
    case Kind::ping:
      return parse_ping(packet);
    case Kind::close:
      return parse_close(packet);
    case Kind::gone:
      if (packet.size() == header_size) return Gone{};
  }
  return std::nullopt;
}

}  // namespace

bool belongs_to_a_connection(const Packet& packet) {
  return std::holds_alternative<Data>(packet.body) || std::holds_alternative<Ack>(packet.body) ||
         std::holds_alternative<Ping>(packet.body);
}

std::optional<Packet> parse(std::span<const std::byte> datagram) {
  if (datagram.size() < header_size || datagram.size() > max_packet_size) return std::nullopt;
  if (get<std::uint8_t>(datagram, 4) != version) return std::nullopt;
  if (get<std::uint32_t>(datagram, 0) != crc32c(datagram.subspan(4))) return std::nullopt;
  auto body = parse_body(static_cast<Kind>(get<std::uint8_t>(datagram, 5)), datagram,
                         get<std::uint16_t>(datagram, 6));
  if (!body) return std::nullopt;
  return Packet{get<std::uint64_t>(datagram, to_offset), *body};
}

std::size_t emit(std::uint64_t to, const Hello& hello, std::span<std::byte> room) {
  assert(hello.token.size() <= max_token);
  const auto packet = room.first(base_packet_size);
  std::ranges::fill(packet, std::byte{0});
  put_header(packet, Kind::hello, to);
  put(packet, header_size, hello.client);
  put_parameters(packet, header_size + 8, hello.parameters);
  put(packet, header_size + 8 + parameters_size, static_cast<std::uint16_t>(hello.token.size()));
  std::ranges::copy(hello.token, packet.begin() + header_size + 8 + parameters_size + 2);
  return finish(packet);
}

std::size_t emit(std::uint64_t to, const Retry& retry, std::span<std::byte> room) {
  const auto packet = room.first(header_size + retry.token.size());
  put_header(packet, Kind::retry, to);
  std::ranges::copy(retry.token, packet.begin() + header_size);
  return finish(packet);
}

std::size_t emit(std::uint64_t to, const Welcome& welcome, std::span<std::byte> room) {
  const auto packet = room.first(header_size + 8 + parameters_size);
  put_header(packet, Kind::welcome, to);
  put(packet, header_size, welcome.server);
  put_parameters(packet, header_size + 8, welcome.parameters);
  return finish(packet);
}

std::size_t emit(std::uint64_t to, const Ack& ack, std::span<std::byte> room) {
  const auto packet = room.first(ack_size + ack.count * range_size);
  put_header(packet, Kind::ack, to);
  put(packet, header_size, ack.largest);
  put(packet, header_size + 8, ack.cumulative_ack);
  put(packet, header_size + 16, ack.max_data);
  put(packet, header_size + 24, static_cast<std::uint32_t>(ack.delay.count()));
  put(packet, header_size + 28, static_cast<std::uint16_t>(ack.count));
  put(packet, header_size + 30, std::uint16_t{0});
  for (std::size_t i = 0; i < ack.count; ++i) {
    put(packet, ack_size + i * range_size, ack.ranges[i].first);
    put(packet, ack_size + i * range_size + 8, ack.ranges[i].end);
  }
  return finish(packet);
}

std::size_t emit(std::uint64_t to, const Close& close, std::span<std::byte> room) {
  const auto packet = room.first(header_size + 4);
  put_header(packet, Kind::close, to);
  put(packet, header_size, static_cast<std::uint32_t>(close.code));
  return finish(packet);
}

std::size_t emit(std::uint64_t to, const Gone&, std::span<std::byte> room) {
  const auto packet = room.first(header_size);
  put_header(packet, Kind::gone, to);
  return finish(packet);
}

void emit(std::uint64_t to, const Ping& ping, std::span<std::byte> packet) {
  put_header(packet, Kind::ping, to);
  put(packet, header_size, ping.number);
  std::ranges::fill(packet.subspan(header_size + 8), std::byte{0});
  put_checksum(packet);
}

void emit_around(std::uint64_t to, const Data& data, std::span<std::byte> packet) {
  put_header(packet, Kind::data, to, data.last ? 1 : 0);
  put(packet, header_size, data.number);
  put(packet, header_size + 8, data.offset);
  put_checksum(packet);
}

void readdress(std::uint64_t to, std::span<std::byte> packet) {
  put(packet, to_offset, to);
  put_checksum(packet);
}

}  // namespace netlab::reliable
