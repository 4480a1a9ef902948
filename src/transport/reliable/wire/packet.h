// The packets of the reliable transport, byte by byte (docs/protocols.md, "The reliable
// transport"): one datagram each, and its meaning. No state, no I/O.
//
//   HELLO    client: I want a connection on these terms       RETRY  server: say it with this token
//   WELCOME  server: these are the terms                      DATA   bytes of the stream
//   ACK      what has come, and how much may be sent          PING   say that you are there
//   CLOSE    it is over, for this reason                      GONE   nobody here has this id
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
// What every path carries (RFC 9000 section 14): a HELLO has as many bytes, and nobody sends
// more before it has tried.
inline constexpr std::size_t base_packet_size = 1200;
// The most that a datagram over IPv4 holds (RFC 768).
inline constexpr std::size_t max_packet_size = max_datagram;
inline constexpr std::size_t max_ranges = 32;  // of an ACK
inline constexpr std::size_t max_token = 64;
// Numbers and offsets stay below: no sum of two of them overflows.
inline constexpr std::uint64_t number_end = std::uint64_t{1} << 62;

enum class Strategy : std::uint8_t { stop_and_wait = 1, go_back_n = 2, selective_repeat = 3 };

// What the client proposes and the server takes or lowers.
struct TransportParameters {
  Strategy strategy = Strategy::selective_repeat;
  std::uint32_t largest =
      base_packet_size;  // datagram that may be sent, bytes: base_packet_size to max_packet_size
  std::uint32_t window = 1;    // packets on their way at once, at least 1
  std::uint64_t max_data = 0;  // the sender of this takes the bytes before this offset

  bool operator==(const TransportParameters&) const = default;
};

struct Hello {
  std::uint64_t client = 0;  // the id by which the server is to call the client
  TransportParameters parameters;
  std::span<const std::byte> token{};  // at most max_token bytes; empty: the first HELLO
};
struct Retry {
  std::span<const std::byte> token;  // 1 to max_token bytes
};
struct Welcome {
  std::uint64_t server = 0;
  TransportParameters parameters;
};
struct Data {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::span<const std::byte> payload;  // may be empty if it is the last
  bool last = false;                   // the stream ends behind the payload
};
struct Ack {
  std::uint64_t largest = 0;  // number of a packet that has come, kept or not
  std::uint64_t cumulative_ack =
      0;                       // all bytes before have come; the end of the stream counts as one
  std::uint64_t max_data = 0;  // bytes before this offset are taken
  std::chrono::microseconds delay{};  // since the packet `largest` came
  std::size_t count = 0;
  // The packets that were kept, the highest run first. Selective repeat alone tells them.
  std::array<Range, max_ranges> ranges;
};
struct Ping {
  std::uint64_t number = 0;
};
struct Close {
  enum class Code : std::uint32_t {
    done = 0,       // both ends have all
    aborted = 1,    // somebody wants no more
    violation = 2,  // the peer has broken a rule of this protocol
  };
  Code code = Code::done;
};
struct Gone {};
inline constexpr Duration gone_distance = std::chrono::milliseconds(20);  // at least, between two

struct Packet {
  std::uint64_t to = 0;  // the id that its receiver has given itself; of a HELLO 0
  std::variant<Hello, Retry, Welcome, Data, Ack, Ping, Close, Gone> body;
};

// DATA, ACK or PING: who does not know the connection answers GONE.
bool belongs_to_a_connection(const Packet& packet);

// Nothing when it is none of ours, or has been changed on its way. Spans point into `datagram`.
std::optional<Packet> parse(std::span<const std::byte> datagram);

// Each writes a packet to the beginning of `room`, which has base_packet_size bytes at least (for
// a CLOSE or GONE 64 do), and returns its size.
std::size_t emit(std::uint64_t to, const Hello& hello, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Retry& retry, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Welcome& welcome, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Ack& ack, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Close& close, std::span<std::byte> room);
std::size_t emit(std::uint64_t to, const Gone& gone, std::span<std::byte> room);
// Fills `packet` with zeros behind the number.
void emit(std::uint64_t to, const Ping& ping, std::span<std::byte> packet);
// The payload is in its place already, behind data_header_size bytes.
void emit_around(std::uint64_t to, const Data& data, std::span<std::byte> packet);

}  // namespace netlab::reliable
