#include "transport/reliable_network.h"

#include <random>

#include "base/error.h"
#include "socket/syscalls.h"
#include "socket/udp_gso.h"
#include "transport/reliable_stream.h"

namespace netlab {
namespace {

std::uint64_t random_number() {
  std::random_device device;
  return std::uniform_int_distribution<std::uint64_t>(1)(device);  // not 0
}

reliable::Identity new_identity() {
  return {.id = random_number(), .seed = random_number()};
}

Address discard_port(int family) {
  constexpr std::uint16_t discard = 9;
  return family == AF_INET ? Address::loopback(discard)
                           : Address::from_host(in6addr_loopback, 0).with_port(discard);
}

}  // namespace

ReliableListener::ReliableListener(Performer& performer, Fd socket, bool is_adopted,
                                   const reliable::Settings& settings)
    : performer_(performer),
      settings_(settings),
      family_(call::local_address(socket.get()).family()),
      validator_({random_number(), random_number()}),
      stop_(call::event_descriptor()),
      is_adopted_(is_adopted) {
  socket_.fd = std::move(socket);
}

ReliableListener::~ReliableListener() {
  performer_.forget(socket_);
}

std::unique_ptr<Stream> ReliableListener::accept(Instant deadline) {
  while (!is_stopped_) {
    if (auto client = next_client()) return client;
    if (!wait(deadline)) break;  // always wait: an event loop then runs its other clients
    receive();
  }
  return nullptr;
}

std::unique_ptr<Stream> ReliableListener::try_accept() {
  if (auto client = next_client()) return client;
  receive();
  return next_client();
}

void ReliableListener::receive() {
  const int result = buffer_.receive(socket_.fd.get());
  handled_ = 0;
  if (result < 0 && result != -EAGAIN && !is_stopped_) throw SystemError("receive", -result);
}

bool ReliableListener::wait(Instant deadline) {
  Operation readable{.kind = Operation::Kind::readable,
                     .socket = &socket_,
                     .deadline = deadline,
                     .stop = stop_.get()};
  performer_.perform(readable);
  if (readable.result < 0 && readable.result != -ECANCELED)
    throw SystemError("accept", static_cast<int>(-readable.result));
  return readable.result >= 0;
}

std::unique_ptr<Stream> ReliableListener::next_client() {
  std::array<std::byte, reliable::base_packet_size> room;
  const auto messages = buffer_.received();
  while (handled_ < messages.size()) {
    const Datagram& message = messages[handled_++];
    const auto decision = validator_.on_datagram(Clock::now(), message.peer, message.bytes, room);
    if (decision.admitted) {
      if (auto client = admit(message, *decision.admitted)) return client;
    } else if (decision.answer > 0) {
      // A reply that cannot be sent is lost: the client retransmits its request.
      send_datagrams(socket_.fd.get(), family_,
                     std::array{Datagram{.bytes = std::span(room).first(decision.answer),
                                         .peer = message.peer,
                                         .local = message.local}});
    }
  }
  return nullptr;
}

std::unique_ptr<Stream> ReliableListener::admit(const Datagram& message,
                                                const reliable::Hello& hello) {
  try {
    const Address here = message.local.with_port(local().port());
    Fd socket = connected_udp_socket(message.peer, &here, performer_.socket_flags());
    auto client = std::make_unique<ReliableStream>(performer_, std::move(socket), message.peer,
                                                   settings_, new_identity(), hello);
    client->welcome();
    return client;
  } catch (const SystemError& error) {  // e.g. no descriptor left: the client retransmits HELLO
    validator_.forget(message.peer, hello);
    accept_errors_.add(performer_.now(), error.what());
    return nullptr;
  }
}

Address ReliableListener::local() const {
  return call::local_address(socket_.fd.get());
}

void ReliableListener::stop_accepting() {
  is_stopped_ = true;
  call::raise_event(stop_.get());
  if (is_adopted_) return;
  // Once connected to the discard port, the socket receives nothing more, and the kernel rejects
  // new clients (ICMP port unreachable).
  call::connect(socket_.fd.get(), discard_port(family_));
}

std::unique_ptr<Listener> ReliableNetwork::listen(const Address& address) {
  // Bind without SO_REUSEPORT: otherwise a second server could bind too and take some of the
  // clients. Then set it for the sockets of accepted clients, which are bound to the same port.
  Fd socket = udp_socket(address, false);
  call::set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  return std::make_unique<ReliableListener>(performer_, std::move(socket), false, settings_);
}

std::unique_ptr<Listener> ReliableNetwork::adopt(Fd bound) {
  call::set_option(bound.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  return std::make_unique<ReliableListener>(performer_, udp_socket(std::move(bound)), true,
                                            settings_);
}

std::unique_ptr<Stream> ReliableNetwork::connect(const Address& address, Instant deadline) {
  Fd socket = connected_udp_socket(address, nullptr, performer_.socket_flags());
  auto stream = std::make_unique<ReliableStream>(performer_, std::move(socket), address, settings_,
                                                 new_identity());
  stream->greet(deadline);
  return stream;
}

}  // namespace netlab
