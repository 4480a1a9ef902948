#include "impair/proxy/tcp_proxy.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "impair/forwarding_state.h"
#include "socket/syscalls.h"
#include "transport/tcp.h"

namespace netlab {
namespace {

using End = StreamLink::End;
using State = ForwardingState;
using Event = ForwardingEvent;
using CloseReason = ProxyResult::CloseReason;

// There is no notification when bytes are acknowledged, so SIOCOUTQ is polled this often.
constexpr Duration ack_poll_interval = std::chrono::milliseconds(1);

// One direction of the connection.
struct Channel {
  int from;
  int to;
  StreamLink link;
  State state = State::open;
  bool blocked = false;            // the receiver's socket buffer is full
  std::size_t unacknowledged = 0;  // bytes for whose acknowledgement a reset waits
};

class ConnectedPair {
 public:
  ConnectedPair(const TcpProxy& proxy, int client, int server)
      : proxy_(proxy),
        up_{client, server, StreamLink(proxy.up)},
        down_{server, client, StreamLink(proxy.down)},
        buffer_(piece_size) {
    call::set_blocking(client, false);
    call::set_blocking(server, false);
  }

  ProxyResult run() {
    while (!reason_) {
      send_due(up_);
      send_due(down_);
      if (reason_) break;
      if (is_over(up_.state) && is_over(down_.state))
        end_with(up_.state == State::broken || down_.state == State::broken
                     ? CloseReason::broken
                     : CloseReason::finished);
      else
        wait();
    }
    end_connections();
    return {*reason_, up_.link.bytes_sent(), down_.link.bytes_sent()};
  }

 private:
  Channel& other(const Channel& channel) { return &channel == &up_ ? down_ : up_; }

  void end_with(CloseReason reason) {
    if (!reason_) reason_ = reason;
  }

  void send_due(Channel& channel) {
    while (!reason_ && !channel.blocked && !is_over(channel.state)) {
      const Instant now = Clock::now();
      const auto bytes = channel.link.due(now);
      if (bytes.empty()) break;
      const ssize_t sent = call::send(channel.to, bytes);
      if (sent == -EAGAIN) {
        channel.blocked = true;
      } else if (sent < 0) {
        lose_sender(other(channel));
      } else {
        channel.link.sent(now, static_cast<std::size_t>(sent));
        last_moved_ = now;
      }
    }
    handle_end(channel);
  }

  void handle_end(Channel& channel) {
    const End end = channel.link.end(Clock::now());
    if (end == End::cut) {
      end_with(CloseReason::cut);
    } else if (end == End::reset && is_acknowledged(channel)) {
      end_with(CloseReason::reset);
    } else if (end == End::finished && channel.state == State::draining) {
      call::shutdown(channel.to, SHUT_WR);
      last_moved_ = Clock::now();
      channel.state = step(channel.state, Event::all_sent);
    } else if (end == End::finished && channel.state == State::resetting &&
               is_acknowledged(channel)) {
      channel.state = step(channel.state, Event::all_sent);
    }
  }

  // Whether the receiver has acknowledged all bytes sent before a reset, which discards the others.
  // Also true if the receiver is gone, or has not read until the idle timeout.
  bool is_acknowledged(Channel& channel) {
    if (channel.state == State::broken || call::pending_error(channel.to) != 0) return true;
    const std::size_t left = call::unacknowledged(channel.to);
    if (left != channel.unacknowledged) last_moved_ = Clock::now();
    channel.unacknowledged = left;
    return left == 0 || Clock::now() >= idle_at();
  }

  // Records that the endpoint that sends in this direction is gone. It receives in the other one.
  void lose_sender(Channel& channel) {
    Channel& back = other(channel);
    channel.state = step(channel.state, Event::sender_gone);
    back.state = step(back.state, Event::receiver_gone);
    back.blocked = false;
  }

  // Receives the bytes in the kernel that an endpoint sent before it went away, as far as there
  // is room. poll(2) is not used for them, because it would report the hang-up each time.
  void receive_rest(Channel& channel) {
    while (channel.state == State::resetting && channel.link.room() > 0) receive(channel);
  }

  void wait() {
    receive_rest(up_);
    receive_rest(down_);
    std::array<pollfd, 3> descriptors{pollfd_of(up_, down_), pollfd_of(down_, up_),
                                      pollfd{proxy_.stop, POLLIN, 0}};
    // The idle timeout does not apply while bytes are in flight, however long their delay.
    const Instant next = std::min(next_of(up_), next_of(down_));
    const Instant until = next == never ? idle_at() : next;
    const int result = call::ppoll(descriptors, until);
    if (result < 0) throw SystemError("poll", -result);
    if (result == 0 && next == never && Clock::now() >= until) end_with(CloseReason::idle);
    if (descriptors[2].revents != 0) end_with(CloseReason::stopped);
    handle_events(descriptors[0], up_, down_);
    handle_events(descriptors[1], down_, up_);
  }

  Instant idle_at() const { return add_saturating(last_moved_, proxy_.idle_timeout); }

  static Instant next_of(const Channel& channel) {
    if (channel.unacknowledged > 0) return add_saturating(Clock::now(), ack_poll_interval);
    return channel.blocked || is_over(channel.state) ? never : channel.link.next();
  }

  // Returns what to poll for on the socket of the endpoint that sends in `out` and receives in
  // `in`. The socket is left out (-1) if we have half-closed it and need nothing from it: poll(2)
  // would report its hang-up each time.
  static pollfd pollfd_of(const Channel& out, const Channel& in) {
    const bool reads = out.state == State::open && out.link.room() > 0;
    const int events = (reads ? POLLIN : 0) | (in.blocked ? POLLOUT : 0);
    return {events == 0 && is_over(in.state) ? -1 : out.from, static_cast<short>(events), 0};
  }

  void handle_events(const pollfd& polled, Channel& out, Channel& in) {
    if ((polled.revents & POLLOUT) != 0) in.blocked = false;
    if ((polled.revents & (POLLIN | POLLHUP)) != 0 && (polled.events & POLLIN) != 0) receive(out);
    // After our own FIN, a hang-up is the orderly end.
    const bool is_gone =
        (polled.revents & POLLERR) != 0 || ((polled.revents & POLLHUP) != 0 && !is_over(in.state));
    if (is_gone) lose_sender(out);
  }

  void receive(Channel& channel) {
    const ssize_t got = call::receive(channel.from, std::span(buffer_).first(channel.link.room()));
    if (got == -EAGAIN && channel.state != State::resetting) return;
    const Instant now = Clock::now();
    last_moved_ = now;
    if (got > 0) {
      channel.link.push(now, std::span(buffer_).first(static_cast<std::size_t>(got)));
      return;
    }
    if (got < 0) lose_sender(channel);  // received bytes are returned before an error
    channel.state = step(channel.state, Event::sender_finished);
    channel.link.finish(now);
  }

  // Resets both connections, or half-closes them for an orderly end.
  void end_connections() const {
    for (const int fd : {up_.from, up_.to}) {
      if (reason_ == CloseReason::reset || reason_ == CloseReason::broken ||
          reason_ == CloseReason::stopped)
        call::reset_connection(fd);
      else
        call::shutdown(fd, SHUT_WR);
      call::set_blocking(fd, true);
    }
  }

  const TcpProxy& proxy_;
  Channel up_;
  Channel down_;
  std::vector<std::byte> buffer_;
  Instant last_moved_ = Clock::now();
  std::optional<CloseReason> reason_;  // why it ends; nullopt: it continues
};

}  // namespace

ProxyResult run_tcp_proxy(const TcpProxy& proxy, Stream& client, Stream& server) {
  return ConnectedPair(proxy, tcp_descriptor(client), tcp_descriptor(server)).run();
}

std::string_view text(ProxyResult::CloseReason reason) {
  switch (reason) {
    case CloseReason::finished:
      return "finished";
    case CloseReason::cut:
      return "cut";
    case CloseReason::reset:
      return "reset";
    case CloseReason::broken:
      return "broken";
    case CloseReason::idle:
      return "idle";
    case CloseReason::stopped:
      break;
  }
  return "stopped";
}

}  // namespace netlab
