#include "transport/reliable_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "socket/syscalls.h"
#include "socket/udp_gso.h"

namespace netlab {
namespace {

using reliable::max_packet_size;

// A writer is not woken for less room than this, because a wake-up costs more than waiting.
constexpr std::size_t worth_a_wakeup = 64 * 1024;
// Receive calls in a row before timers are checked again.
constexpr int max_receives = 4;
// close() gives the peer this long to acknowledge the next `worth_a_wakeup` bytes, or the next 64th
// of what is left, whichever is more. A single byte does not extend the deadline.
constexpr Duration close_timeout = std::chrono::seconds(10);

}  // namespace

ReliableStream::ReliableStream(Performer& performer, Fd socket, const Address& peer,
                               const reliable::Settings& settings,
                               const reliable::Identity& identity)
    : SocketStream(performer, std::move(socket), peer),
      connection_(Clock::now(), settings, identity),
      is_client_(true),
      outgoing_(std::make_unique_for_overwrite<std::byte[]>(max_packet_size)),
      incoming_(std::make_unique_for_overwrite<std::byte[]>(max_packet_size)) {}

ReliableStream::ReliableStream(Performer& performer, Fd socket, const Address& peer,
                               const reliable::Settings& settings,
                               const reliable::Identity& identity, const reliable::Hello& hello)
    : SocketStream(performer, std::move(socket), peer),
      connection_(Clock::now(), settings, identity, hello),
      is_client_(false),
      outgoing_(std::make_unique_for_overwrite<std::byte[]>(max_packet_size)),
      incoming_(std::make_unique_for_overwrite<std::byte[]>(max_packet_size)) {}

ReliableStream::~ReliableStream() {
  if (is_client_) close();
}

void ReliableStream::greet(Instant deadline) {
  set_deadline(deadline);
  while (!connection_.is_established()) {
    throw_if_closed("connect");
    exchange("connect");
  }
  set_deadline(never);
}

void ReliableStream::throw_if_closed(const char* verb) const {
  const int error = is_aborted_ ? ECANCELED : connection_.error();
  if (error == 0 && !connection_.is_closed()) return;
  throw SystemError(verb + (" " + peer().text()), error != 0 ? error : EPIPE);
}

void ReliableStream::exchange(const char* verb) {
  transmit();
  if (!receive_pending()) {
    wait(verb);
    receive_pending();
  }
  const Instant now = Clock::now();
  if (connection_.poll_timeout() <= now) connection_.on_timeout(now);
  transmit();
}

void ReliableStream::transmit() {
  const std::span<std::byte> room(outgoing_.get(), max_packet_size);
  while (true) {
    const reliable::Batch batch = connection_.poll_transmit(Clock::now(), room);
    if (batch.bytes == 0) return;
    send(batch);
  }
}

void ReliableStream::send(const reliable::Batch& batch) {
  const std::span<const std::byte> all(outgoing_.get(), batch.bytes);
  const bool is_batch = batch.bytes > batch.segment;
  if (supports_gso_) {
    const std::size_t segment = is_batch ? batch.segment : batch.bytes > segment_ ? 0 : segment_;
    const bool is_set = segment == segment_ || set_gso_size(socket_.fd.get(), segment) == 0;
    if (is_set) segment_ = segment;
    const bool is_sent = is_set && send(all);
    if (is_sent || !is_batch) return;
    // Not every device supports it (udp(7)): send this batch and all later ones packet by packet.
    supports_gso_ = false;
    if (segment_ != 0) set_gso_size(socket_.fd.get(), segment_ = 0);
  }
  for (auto rest = all; !rest.empty(); rest = rest.subspan(std::min(batch.segment, rest.size())))
    send(rest.first(std::min(batch.segment, rest.size())));
}

// Returns false if the kernel cannot send a batch, or a datagram of this size. Any other failure
// counts as packet loss.
bool ReliableStream::send(std::span<const std::byte> bytes) {
  Operation send{
      .kind = Operation::Kind::send, .socket = &socket_, .deadline = deadline(), .bytes = bytes};
  performer_.perform(send);
  if (send.result == -ECONNREFUSED) {  // reports an earlier datagram; this one was not sent
    is_refused_ = true;
    performer_.perform(send);
  }
  return send.result != -EIO && send.result != -EINVAL && send.result != -EMSGSIZE;
}

// Receives without waiting. Returns whether anything arrived.
bool ReliableStream::receive_pending() {
  const std::span<std::byte> room(incoming_.get(), max_packet_size);
  bool has_received = false;
  for (int i = 0; i < max_receives; ++i) {
    std::size_t segment = 0;
    const ssize_t got = receive_segments(socket_.fd.get(), room, segment);
    if (got == -ECONNREFUSED) {
      is_refused_ = true;
      continue;
    }
    if (got <= 0) {
      if (std::exchange(is_refused_, false)) connection_.on_refused(Clock::now());
      break;
    }
    has_received = true;
    const Instant now = Clock::now();
    for (auto rest = std::span<const std::byte>(room).first(static_cast<std::size_t>(got));
         !rest.empty(); rest = rest.subspan(std::min(segment, rest.size())))
      connection_.on_datagram(now, rest.first(std::min(segment, rest.size())));
    transmit();
  }
  return has_received;
}

void ReliableStream::wait(const char* verb) {
  if (is_aborted_ || connection_.is_closed()) return;
  const Instant timer = connection_.poll_timeout();
  Operation readable{.kind = Operation::Kind::readable,
                     .socket = &socket_,
                     .deadline = std::min(deadline(), timer)};
  performer_.perform(readable);
  const bool timer_expired = readable.result == -ETIMEDOUT && timer <= deadline();
  if (readable.result < 0 && !timer_expired)
    throw SystemError(verb + (" " + peer().text()), static_cast<int>(-readable.result));
}

std::span<std::byte> ReliableStream::room(std::size_t wanted) {
  for (;;) {
    throw_if_closed("send to");
    if (connection_.free() >= std::min(wanted, worth_a_wakeup)) return connection_.room();
    exchange("send to");
  }
}

void ReliableStream::commit(std::size_t bytes) {
  connection_.written(bytes);
  transmit();
  receive_pending();
}

void ReliableStream::write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto into = room(bytes.size());
    const std::size_t count = std::min(into.size(), bytes.size());
    std::memcpy(into.data(), bytes.data(), count);
    commit(count);
    bytes = bytes.subspan(count);
  }
}

// About `worth_a_wakeup` bytes that fill whole packets: a remainder would need a packet of its own.
std::size_t ReliableStream::whole_packets() const {
  const std::size_t payload = connection_.sender().mtu().size() - reliable::data_header_size;
  return std::max<std::size_t>(worth_a_wakeup / payload, 1) * payload;
}

std::uint64_t ReliableStream::send_file(const Fd& file, std::uint64_t offset, std::uint64_t count) {
  std::uint64_t sent = 0;
  while (sent < count) {
    const auto into = room(std::min<std::uint64_t>(count - sent, worth_a_wakeup));
    const std::size_t wanted = std::min({into.size(), whole_packets(), count - sent});
    const ssize_t got = call::read_at(file.get(), into.first(wanted), offset + sent);
    if (got < 0) throw SystemError("read", static_cast<int>(-got));
    if (got == 0) break;  // the file was truncated
    commit(static_cast<std::size_t>(got));
    sent += static_cast<std::uint64_t>(got);
  }
  return sent;
}

std::span<const std::byte> ReliableStream::received() {
  for (;;) {
    if (is_aborted_) throw_if_closed("receive from");
    const auto bytes = connection_.readable();
    if (!bytes.empty() || connection_.has_peer_finished()) return bytes;
    throw_if_closed("receive from");
    exchange("receive from");
  }
}

void ReliableStream::consume(std::size_t bytes) {
  connection_.consumed(bytes);
  transmit();
}

bool ReliableStream::readable() {
  receive_pending();
  return !connection_.readable().empty() || connection_.has_peer_finished() ||
         connection_.is_closed();
}

std::size_t ReliableStream::read_some(std::span<std::byte> into) {
  const auto bytes = received();
  const std::size_t count = std::min(bytes.size(), into.size());
  std::memcpy(into.data(), bytes.data(), count);
  if (count > 0) consume(count);
  return count;
}

std::size_t ReliableStream::receive_file(const Fd& file, const std::string& name,
                                         std::size_t max_bytes) {
  const auto bytes = received();
  const std::size_t count = std::min(bytes.size(), max_bytes);
  if (count == 0) return 0;
  call::write_all(file.get(), bytes.first(count), name);
  consume(count);
  return count;
}

std::uint64_t ReliableStream::unacknowledged() const {
  if (!connection_.is_established()) return 0;
  const reliable::SendBuffer& buffer = connection_.sender().buffer();
  return buffer.written_to() - std::min(buffer.begin(), buffer.written_to());
}

void ReliableStream::finish_writing() {
  connection_.finish();
  transmit();
}

// Waits until the peer has acknowledged everything. If the peer has also finished, both ends close
// in order. Otherwise the connection is aborted, because nothing will read what the peer sends.
void ReliableStream::close() {
  try {
    connection_.finish();
    const std::uint64_t min_progress =
        std::max<std::uint64_t>(worth_a_wakeup, unacknowledged() / 64);
    std::uint64_t acknowledged = 0;
    set_deadline(Clock::now() + close_timeout);
    while (!is_aborted_ && connection_.is_established() && !connection_.is_closed()) {
      const bool waits_for_peer_data = connection_.is_delivered() && !connection_.has_all();
      if (waits_for_peer_data) break;
      exchange("close");
      if (connection_.sender().buffer().begin() < acknowledged + min_progress) continue;
      acknowledged = connection_.sender().buffer().begin();
      set_deadline(Clock::now() + close_timeout);
    }
  } catch (const SystemError&) {
    // The deadline passed or the peer is gone: there is nothing left to wait for.
  }
  connection_.abort();
  const reliable::Batch last =
      connection_.poll_transmit(Clock::now(), std::span(outgoing_.get(), max_packet_size));
  if (last.bytes > 0)
    call::send(socket_.fd.get(), std::span(outgoing_.get(), last.bytes), MSG_DONTWAIT);
}

std::vector<std::byte> ReliableStream::make_close_packet() const {
  std::vector<std::byte> packet(64);
  const reliable::Close aborted{reliable::Close::Code::aborted};
  packet.resize(reliable::emit(connection_.peer_id(), aborted, packet));
  return packet;
}

// Another thread may be inside a call that uses the connection, so it is not modified here.
void ReliableStream::abort() {
  is_aborted_ = true;
  call::send(socket_.fd.get(), make_close_packet(), MSG_DONTWAIT);
  call::shutdown(socket_.fd.get(), SHUT_RD);  // wakes a waiting call
}

std::function<void()> ReliableStream::abort_notifier() const {
  return [local_address = call::local_address(socket_.fd.get()), remote_address = peer(),
          packet = make_close_packet()] {
    try {
      const Fd socket = connected_udp_socket(remote_address, &local_address, 0);
      call::send(socket.get(), packet, MSG_DONTWAIT);
    } catch (const SystemError&) {  // e.g. no descriptor left: the peer finds out by a PING
    }
  };
}

}  // namespace netlab
