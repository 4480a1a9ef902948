// Encodes and decodes the packets of the reliable transport (docs/protocols.md, "The reliable
// transport"). A packet is one datagram. There is no state and no I/O here.
//
//   HELLO    client: proposes a connection with parameters    RETRY  server: repeat with this token
//   WELCOME  server: accepts, with the final parameters       DATA   bytes of the stream
//   ACK      acknowledgement and flow-control limit           PING   asks for an ACK
//   CLOSE    ends the connection, with a reason               GONE   the connection id is unknown
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "base/clock.h"
#include "base/datagram_limits.h"
#include "transport/reliable/wire/ranges.h"

namespace netlab::reliable {

inline constexpr std::size_t header_size = 16;
inline constexpr std::size_t data_header_size = 32;
// Bytes that every path carries (RFC 9000 section 14). A HELLO has this size, and larger packets
// are sent only after a probe of their size was acknowledged.
inline constexpr std::size_t base_packet_size = 1200;
// The largest payload of a UDP datagram over IPv4 (RFC 768).
inline constexpr std::size_t max_packet_size = max_datagram;
inline constexpr std::size_t max_ranges = 32;  // of an ACK
inline constexpr std::size_t max_token = 64;
// Packet numbers and offsets are below this, so the sum of two never overflows.
inline constexpr std::uint64_t number_end = std::uint64_t{1} << 62;

enum class Strategy : std::uint8_t { stop_and_wait = 1, go_back_n = 2, selective_repeat = 3 };

// Proposed by the client, accepted or lowered by the server.
struct TransportParameters {
  Strategy strategy = Strategy::selective_repeat;
  // The largest datagram that may be sent: base_packet_size to max_packet_size bytes.
  std::uint32_t max_datagram = base_packet_size;
  std::uint32_t window = 1;    // packets in flight, at least 1
  std::uint64_t max_data = 0;  // flow control: its sender accepts bytes before this offset

  bool operator==(const TransportParameters&) const = default;
};

struct Hello {
  std::uint64_t client = 0;  // the connection id of the client
  TransportParameters parameters;
  std::span<const std::byte> token{};  // at most max_token bytes; empty: the first HELLO
};
struct Retry {
  std::span<const std::byte> token;  // 1 to max_token bytes
};
struct Welcome {
  std::uint64_t server = 0;  // the connection id of the server
  TransportParameters parameters;
};
struct Data {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::span<const std::byte> payload;  // may be empty if `last`
  bool last = false;                   // the stream ends after the payload
};
struct Ack {
  std::uint64_t largest = 0;  // largest packet number received, kept or not
  // All bytes before this offset were received. The end of the stream counts as one byte.
  std::uint64_t cumulative_ack = 0;
  std::uint64_t max_data = 0;         // flow control: bytes before this offset are accepted
  std::chrono::microseconds delay{};  // since the packet `largest` arrived
  std::size_t count = 0;
  // Packets that were kept, the highest range first. Selective repeat reports all ranges that fit,
  // stop-and-wait and go-back-N only the one that ends with `largest`.
  std::array<Range, max_ranges> ranges;
};
struct Ping {
  std::uint64_t number = 0;
};
struct Close {
  enum class Code : std::uint32_t {
    done = 0,       // both streams are complete
    aborted = 1,    // the sender of this gave up the connection
    violation = 2,  // the peer violated the protocol
  };
  Code code = Code::done;
};
struct Gone {};
// Minimum time between two GONEs.
inline constexpr Duration gone_interval = std::chrono::milliseconds(20);

struct Packet {
  std::uint64_t to = 0;  // connection id of the receiver; 0 in a HELLO; in a GONE, the unknown id
  std::variant<Hello, Retry, Welcome, Data, Ack, Ping, Close, Gone> body;
};

// Whether it is DATA, ACK or PING: a receiver that does not know the connection replies GONE.
bool belongs_to_a_connection(const Packet& packet);

// Returns nothing if the datagram is corrupt or not a packet of this protocol. Spans in the result
// point into `datagram`.
std::optional<Packet> parse(std::span<const std::byte> datagram);

// Each writes a packet to the beginning of `room` and returns its size. `room` has at least
// base_packet_size bytes (64 are enough for CLOSE and GONE).
std::size_t emit(std::uint64_t to, const Hello& hello, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Retry& retry, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Welcome& welcome, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Ack& ack, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Close& close, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Gone& gone, std::span<std::byte> room);
// Fills `packet` with zeros after the packet number.
void emit(std::uint64_t to, const Ping& ping, std::span<std::byte> packet);
// The payload is already in place, at data_header_size.
void emit_around(std::uint64_t to, const Data& data, std::span<std::byte> packet);
// Changes the connection id of an encoded packet.
void readdress(std::uint64_t to, std::span<std::byte> packet);

}  // namespace netlab::reliable
