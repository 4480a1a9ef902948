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

// Below it, waiting for more room is cheaper than what a turn costs.
constexpr std::size_t worth_a_turn = 64 * 1024;
// Receives between two looks at what else there is to do.
constexpr int max_receives = 4;
// At the end the peer has so long for each `worth_a_turn`, or 64th, of what is left: no single byte
// moves that.
constexpr Duration patience = std::chrono::seconds(10);

}  // namespace

ReliableStream::ReliableStream(Performer& performer, Fd socket, const Address& peer,
                               const reliable::Settings& settings,
                               const reliable::Identity& identity)
    : Stream(peer, &socket_),
      performer_(performer),
      connection_(Clock::now(), settings, identity),
      is_client_(true),
      outgoing_(std::make_unique_for_overwrite<std::byte[]>(max_packet_size)),
      incoming_(std::make_unique_for_overwrite<std::byte[]>(max_packet_size)) {
  socket_.fd = std::move(socket);
}

ReliableStream::ReliableStream(Performer& performer, Fd socket, const Address& peer,
                               const reliable::Settings& settings,
                               const reliable::Identity& identity, const reliable::Hello& hello)
    : Stream(peer, &socket_),
      performer_(performer),
      connection_(Clock::now(), settings, identity, hello),
      is_client_(false),
      outgoing_(std::make_unique_for_overwrite<std::byte[]>(max_packet_size)),
      incoming_(std::make_unique_for_overwrite<std::byte[]>(max_packet_size)) {
  socket_.fd = std::move(socket);
}

ReliableStream::~ReliableStream() {
  if (is_client_) close();
  performer_.forget(socket_);
}

void ReliableStream::greet(Instant deadline) {
  set_deadline(deadline);
  while (!connection_.is_established()) {
    throw_if_over("connect");
    exchange("connect");
  }
  set_deadline(never);
}

void ReliableStream::throw_if_over(const char* verb) const {
  const int error = is_aborted_ ? ECANCELED : connection_.error();
  if (error == 0 && !connection_.is_closed()) return;
  throw SystemError(verb + (" " + peer().text()), error != 0 ? error : EPIPE);
}

void ReliableStream::exchange(const char* verb) {
  transmit();
  if (!take_in()) {
    wait(verb);
    take_in();
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
  const bool many = batch.bytes > batch.segment;
  if (takes_batches_) {
    const std::size_t segment = many ? batch.segment : batch.bytes > segment_ ? 0 : segment_;
    const bool is_set = segment == segment_ || set_gso_size(socket_.fd.get(), segment) == 0;
    if (is_set) segment_ = segment;
    const bool is_sent = is_set && send(all);
    if (is_sent || !many) return;
    // Not every device can do it (udp(7)): from now on one by one, and this one again.
    takes_batches_ = false;
    if (segment_ != 0) set_gso_size(socket_.fd.get(), segment_ = 0);
  }
  for (auto rest = all; !rest.empty(); rest = rest.subspan(std::min(batch.segment, rest.size())))
    send(rest.first(std::min(batch.segment, rest.size())));
}

// False: the kernel can't send it so. What else it refuses is lost, as the network may lose it.
bool ReliableStream::send(std::span<const std::byte> bytes) {
  Operation send{
      .kind = Operation::Kind::send, .socket = &socket_, .deadline = deadline(), .bytes = bytes};
  performer_.perform(send);
  if (send.result == -ECONNREFUSED) {  // of an earlier datagram: this one was not sent
    is_refused_ = true;
    performer_.perform(send);
  }
  return send.result != -EIO && send.result != -EINVAL && send.result != -EMSGSIZE;
}

// Returns whether anything has come.
bool ReliableStream::take_in() {
  const std::span<std::byte> room(incoming_.get(), max_packet_size);
  bool has_come = false;
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
    has_come = true;
    const Instant now = Clock::now();
    for (auto rest = std::span<const std::byte>(room).first(static_cast<std::size_t>(got));
         !rest.empty(); rest = rest.subspan(std::min(segment, rest.size())))
      connection_.on_datagram(now, rest.first(std::min(segment, rest.size())));
    transmit();
  }
  return has_come;
}

void ReliableStream::wait(const char* verb) {
  if (is_aborted_ || connection_.is_closed()) return;
  const Instant timer = connection_.poll_timeout();
  Operation readable{.kind = Operation::Kind::readable,
                     .socket = &socket_,
                     .deadline = std::min(deadline(), timer)};
  performer_.perform(readable);
  const bool is_only_a_timer = readable.result == -ETIMEDOUT && timer <= deadline();
  if (readable.result < 0 && !is_only_a_timer)
    throw SystemError(verb + (" " + peer().text()), static_cast<int>(-readable.result));
}

std::span<std::byte> ReliableStream::room(std::size_t wanted) {
  for (;;) {
    throw_if_over("send to");
    if (connection_.free() >= std::min(wanted, worth_a_turn)) return connection_.room();
    exchange("send to");
  }
}

void ReliableStream::wrote(std::size_t bytes) {
  connection_.written(bytes);
  transmit();
  take_in();
}

void ReliableStream::write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto into = room(bytes.size());
    const std::size_t count = std::min(into.size(), bytes.size());
    std::memcpy(into.data(), bytes.data(), count);
    wrote(count);
    bytes = bytes.subspan(count);
  }
}

// About `worth_a_turn` bytes that fill their packets: a rest would be a packet of its own.
std::size_t ReliableStream::whole_packets() const {
  const std::size_t payload = connection_.sender().mtu().size() - reliable::data_header_size;
  return std::max<std::size_t>(worth_a_turn / payload, 1) * payload;
}

std::uint64_t ReliableStream::send_file(const Fd& file, std::uint64_t offset, std::uint64_t count) {
  std::uint64_t sent = 0;
  while (sent < count) {
    const auto into = room(std::min<std::uint64_t>(count - sent, worth_a_turn));
    const std::size_t wanted = std::min({into.size(), whole_packets(), count - sent});
    const ssize_t got = call::read_at(file.get(), into.first(wanted), offset + sent);
    if (got < 0) throw SystemError("read", static_cast<int>(-got));
    if (got == 0) break;  // the file has become shorter
    wrote(static_cast<std::size_t>(got));
    sent += static_cast<std::uint64_t>(got);
  }
  return sent;
}

std::span<const std::byte> ReliableStream::received() {
  for (;;) {
    if (is_aborted_) throw_if_over("receive from");
    const auto bytes = connection_.readable();
    if (!bytes.empty() || connection_.has_peer_finished()) return bytes;
    throw_if_over("receive from");
    exchange("receive from");
  }
}

void ReliableStream::took(std::size_t bytes) {
  connection_.consumed(bytes);
  transmit();
}

std::size_t ReliableStream::read_some(std::span<std::byte> into) {
  const auto bytes = received();
  const std::size_t count = std::min(bytes.size(), into.size());
  std::memcpy(into.data(), bytes.data(), count);
  if (count > 0) took(count);
  return count;
}

std::size_t ReliableStream::receive_file(const Fd& file, const std::string& name,
                                         std::size_t most) {
  const auto bytes = received();
  const std::size_t count = std::min(bytes.size(), most);
  if (count == 0) return 0;
  call::write_all(file.get(), bytes.first(count), name);
  took(count);
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

// What is left is the peer's to take. Then both ends part, or the peer is told that nobody listens.
void ReliableStream::close() {
  try {
    connection_.finish();
    const std::uint64_t least = std::max<std::uint64_t>(worth_a_turn, unacknowledged() / 64);
    std::uint64_t taken = 0;
    set_deadline(Clock::now() + patience);
    while (!is_aborted_ && connection_.is_established() && !connection_.is_closed()) {
      const bool is_alone = connection_.is_delivered() && !connection_.has_all();
      if (is_alone) break;
      exchange("close");
      if (connection_.sender().buffer().begin() < taken + least) continue;
      taken = connection_.sender().buffer().begin();
      set_deadline(Clock::now() + patience);
    }
  } catch (const SystemError&) {
    // Out of time, or the peer is gone: either way it is over.
  }
  connection_.abort();
  const reliable::Batch last =
      connection_.poll_transmit(Clock::now(), std::span(outgoing_.get(), max_packet_size));
  if (last.bytes > 0)
    call::send(socket_.fd.get(), std::span(outgoing_.get(), last.bytes), MSG_DONTWAIT);
}

std::vector<std::byte> ReliableStream::make_close_packet() const {
  std::vector<std::byte> word(64);
  const reliable::Close aborted{reliable::Close::Code::aborted};
  word.resize(reliable::emit(connection_.peer_id(), aborted, word));
  return word;
}

// Whoever is in another call goes on using the connection: it is not touched.
void ReliableStream::abort() {
  is_aborted_ = true;
  call::send(socket_.fd.get(), make_close_packet(), MSG_DONTWAIT);
  call::shutdown(socket_.fd.get(), SHUT_RD);  // wakes who waits
}

std::function<void()> ReliableStream::abort_notifier() const {
  return
      [here = call::local_address(socket_.fd.get()), there = peer(), word = make_close_packet()] {
        try {
          const Fd socket = connected_udp_socket(there, &here, 0);
          call::send(socket.get(), word, MSG_DONTWAIT);
        } catch (const SystemError&) {  // no descriptor to be had: the peer finds out when it asks
        }
      };
}

}  // namespace netlab
