#include "transport/udp.h"

#include "socket/calls.h"
#include "socket/error.h"

namespace netlab {
namespace {

// Out of room, for the moment: the message is lost.
bool is_shortage(int error) {
  return error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Udp::Udp(Performer& performer, const Address& address, bool shared)
    : performer_(performer), family_(address.family()) {
  socket_.fd = message_socket(address, shared);
}

std::unique_ptr<Udp> Udp::to(Performer& performer, const Address& server) {
  const Address any = server.family() == AF_INET ? Address::any_v4(0) : Address::any(0);
  auto udp = std::make_unique<Udp>(performer, any, false);
  const int result = call::connect(udp->socket_.fd.get(), server);
  if (result < 0) throw SystemError("connect " + server.text(), -result);
  return udp;
}

Udp::~Udp() {
  performer_.forget(socket_);
}

std::span<const Message> Udp::receive(Instant deadline) {
  for (;;) {
    const int result = buffer_.receive(socket_.fd.get());
    if (result > 0) return buffer_.received();
    if (result != -EAGAIN) throw SystemError("receive", -result);
    Operation wait{.kind = Operation::Kind::readable, .socket = &socket_, .deadline = deadline};
    performer_.perform(wait);
    if (wait.result == -ETIMEDOUT) return {};
    if (wait.result < 0) throw SystemError("receive", static_cast<int>(-wait.result));
  }
}

void Udp::send(std::span<const Message> messages) {
  while (!messages.empty()) {
    const int result = send_messages(socket_.fd.get(), family_, messages);
    if (result < 0 && !is_shortage(-result))
      throw SystemError("send to " + messages.front().peer.text(), -result);
    if (result < 0) ++unsent_;
    messages = messages.subspan(static_cast<std::size_t>(result < 0 ? 1 : result));
  }
}

Address Udp::local() const {
  return call::local_address(socket_.fd.get());
}

Datagrams::Lost Udp::lost() const {
  return {buffer_.dropped(), unsent_};
}

void Udp::set_hops(int hops) {
  call::set_option(socket_.fd.get(), IPPROTO_IP, IP_TTL, hops);
  if (family_ == AF_INET6)
    call::set_option(socket_.fd.get(), IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
}

}  // namespace netlab
