#include "transport/udp.h"

#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

// After a full batch more messages may be queued, so the next receive does not wait. But only a
// wait notices the stop. Therefore receive() waits once after this many full batches in a row;
// that wait returns immediately.
constexpr unsigned full_batches_between_waits = 16;

// The kernel has no room at the moment: the message is dropped.
bool is_dropped(int error) {
  return error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Udp::Udp(Performer& performer, const Address& address, bool shared)
    : Udp(performer, udp_socket(address, shared)) {}

Udp::Udp(Performer& performer, Fd fd)
    : performer_(performer), family_(call::local_address(fd.get()).family()) {
  socket_.fd = std::move(fd);
}

std::unique_ptr<Udp> Udp::to(Performer& performer, const Address& server) {
  Fd fd = call::socket(server.family(), SOCK_DGRAM);
  connect_udp(fd, server);
  return std::make_unique<Udp>(performer, std::move(fd));
}

Udp::~Udp() {
  performer_.forget(socket_);
}

std::span<const Datagram> Udp::receive(Instant deadline) {
  for (;;) {
    if (!socket_.drained) {
      const int result = buffer_.receive(socket_.fd.get());
      if (result <= 0 && result != -EAGAIN) throw SystemError("receive", -result);
      const bool full = result == static_cast<int>(DatagramBatch::max_messages);
      full_batches_ = full ? full_batches_ + 1 : 0;
      socket_.drained = !full || full_batches_ % full_batches_between_waits == 0;
      if (result > 0) return buffer_.received();
    }
    Operation wait{
        .kind = Operation::Kind::readable, .socket = &socket_, .deadline = deadline, .stop = stop_};
    performer_.perform(wait);
    if (wait.result == -ETIMEDOUT) return {};
    if (wait.result < 0) throw SystemError("receive", static_cast<int>(-wait.result));
    socket_.drained = false;
  }
}

std::size_t Udp::send(std::span<const Datagram> messages) {
  std::size_t done = 0;
  while (done < messages.size()) {
    const int result = send_datagrams(socket_.fd.get(), family_, messages.subspan(done));
    if (result < 0 && !is_dropped(-result)) {
      if (done > 0) break;
      throw SystemError("send to " + messages.front().peer.text(), -result);
    }
    if (result < 0) ++dropped_sends_;
    done += static_cast<std::size_t>(result < 0 ? 1 : result);
  }
  return done;
}

Address Udp::local() const {
  return call::local_address(socket_.fd.get());
}

DatagramSocket::Lost Udp::lost() const {
  return {dropped_datagrams(socket_.fd.get()), dropped_sends_};
}

void Udp::set_ttl(int hops) {
  netlab::set_ttl(socket_.fd.get(), family_, hops);
}

}  // namespace netlab
