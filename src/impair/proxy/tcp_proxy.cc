#include "impair/proxy/tcp_proxy.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "socket/syscalls.h"
#include "transport/operation.h"

namespace netlab {
namespace {

using End = StreamLink::End;
using CloseReason = ProxyResult::CloseReason;

// Nothing tells when bytes have been acknowledged: so often it is looked.
constexpr Duration ack_poll_interval = std::chrono::milliseconds(1);

// One direction.
struct Way {
  int from;
  int to;
  StreamLink link;
  bool has_come_to_its_end = false;  // all was received that its sender will ever write
  bool is_finished = false;          // and its receiver has been told
  bool is_full = false;              // its receiver's socket takes nothing now
  bool breaks = false;               // its sender is gone: at its end the connection breaks
  std::size_t unacknowledged = 0;    // by its receiver, of what a reset has to wait for
};

class ConnectedPair {
 public:
  ConnectedPair(const TcpProxy& relay, int client, int server)
      : relay_(relay),
        up_{client, server, StreamLink(relay.up)},
        down_{server, client, StreamLink(relay.down)},
        buffer_(piece_size) {
    call::set_blocking(client, false);
    call::set_blocking(server, false);
  }

  ProxyResult run() {
    while (!over_) {
      send_due(up_);
      send_due(down_);
      if (over_) break;
      if (up_.is_finished && down_.is_finished)
        over_ = up_.breaks || down_.breaks ? CloseReason::broken : CloseReason::finished;
      else
        wait();
    }
    end();
    return {*over_, up_.link.bytes_sent(), down_.link.bytes_sent()};
  }

 private:
  Way& other(const Way& way) { return &way == &up_ ? down_ : up_; }

  void end_with(CloseReason reason) {
    if (!over_) over_ = reason;
  }

  void send_due(Way& way) {
    while (!over_ && !way.is_full && !way.is_finished) {
      const Instant now = Clock::now();
      const auto bytes = way.link.due(now);
      if (bytes.empty()) break;
      const ssize_t sent = call::send(way.to, bytes);
      if (sent == -EAGAIN) {
        way.is_full = true;
      } else if (sent < 0) {
        lose(other(way), way);
      } else {
        way.link.sent(now, static_cast<std::size_t>(sent));
        last_moved_ = now;
      }
    }
    take_end(way);
  }

  void take_end(Way& way) {
    const End end = way.link.end(Clock::now());
    if (end == End::reset || (end == End::finished && way.breaks)) {
      if (has_arrived(way)) end_with(end == End::reset ? CloseReason::reset : CloseReason::broken);
    } else if (end == End::cut) {
      end_with(CloseReason::cut);
    } else if (end == End::finished && !way.is_finished) {
      call::shutdown(way.to, SHUT_WR);
      way.is_finished = true;
      last_moved_ = Clock::now();
    }
  }

  // The receiver shall have got all that came before a reset, which takes away what it has not
  // acknowledged. One that is gone itself, or does not read, gets nothing more.
  bool has_arrived(Way& way) {
    if (other(way).breaks || call::pending_error(way.to) != 0) return true;
    const std::size_t left = call::unacknowledged(way.to);
    if (left != way.unacknowledged) last_moved_ = Clock::now();
    way.unacknowledged = left;
    return left == 0 || Clock::now() >= idle_at();
  }

  // The end that `out` comes from and `in` leads to is gone. What it has said still reaches the
  // other one, and then that hears of it.
  static void lose(Way& out, Way& in) {
    out.breaks = true;
    in.has_come_to_its_end = in.is_finished = true;
    in.is_full = false;
  }

  // The kernel still holds what an end said before it was gone, but poll(2) would report that again
  // and again: it is taken whenever there is room.
  void receive_rest(Way& way) {
    while (way.breaks && !way.has_come_to_its_end && way.link.room() > 0) receive(way);
  }

  void wait() {
    receive_rest(up_);
    receive_rest(down_);
    std::array<pollfd, 3> ends{pollfd_of(up_, down_), pollfd_of(down_, up_),
                               pollfd{relay_.stop, POLLIN, 0}};
    // What is on its way moves by itself, however late it comes.
    const Instant next = std::min(next_of(up_), next_of(down_));
    const Instant until = next == never ? idle_at() : next;
    const int result = call::ppoll(ends, until);
    if (result < 0) throw SystemError("poll", -result);
    if (result == 0 && next == never && Clock::now() >= until) end_with(CloseReason::idle);
    if (ends[2].revents != 0) end_with(CloseReason::stopped);
    look_at(ends[0], up_, down_);
    look_at(ends[1], down_, up_);
  }

  Instant idle_at() const { return add_saturating(last_moved_, relay_.idle_timeout); }

  static Instant next_of(const Way& way) {
    if (way.unacknowledged > 0) return add_saturating(Clock::now(), ack_poll_interval);
    return way.is_full || way.is_finished ? never : way.link.next();
  }

  // Of the end that `out` comes from and `in` leads to. One that has been told our end of file, and
  // of which we want nothing now, is not looked at: it would report its hang-up again and again.
  static pollfd pollfd_of(const Way& out, const Way& in) {
    const bool reads = !out.has_come_to_its_end && !out.breaks && out.link.room() > 0;
    const int events = (reads ? POLLIN : 0) | (in.is_full ? POLLOUT : 0);
    return {events == 0 && in.is_finished ? -1 : out.from, static_cast<short>(events), 0};
  }

  void look_at(const pollfd& end, Way& out, Way& in) {
    if ((end.revents & POLLOUT) != 0) in.is_full = false;
    if ((end.revents & (POLLIN | POLLHUP)) != 0 && (end.events & POLLIN) != 0) receive(out);
    // A hang-up that is not the answer to our own end of file.
    const bool is_gone =
        (end.revents & POLLERR) != 0 || ((end.revents & POLLHUP) != 0 && !in.is_finished);
    if (is_gone) lose(out, in);
  }

  void receive(Way& way) {
    const ssize_t got = call::receive(way.from, std::span(buffer_).first(way.link.room()));
    if (got == -EAGAIN && !way.breaks) return;
    const Instant now = Clock::now();
    last_moved_ = now;
    if (got > 0) {
      way.link.push(now, std::span(buffer_).first(static_cast<std::size_t>(got)));
      return;
    }
    if (got < 0) lose(way, other(way));  // an error comes behind all that came before it
    way.has_come_to_its_end = true;
    way.link.finish(now);
  }

  void end() const {
    for (const int fd : {up_.from, up_.to}) {
      if (over_ == CloseReason::reset || over_ == CloseReason::broken ||
          over_ == CloseReason::stopped)
        call::set_abortive_close(fd, true);
      else
        call::shutdown(fd, SHUT_WR);
      call::set_blocking(fd, true);
    }
  }

  const TcpProxy& relay_;
  Way up_;
  Way down_;
  std::vector<std::byte> buffer_;
  Instant last_moved_ = Clock::now();
  std::optional<CloseReason> over_;
};

}  // namespace

ProxyResult run_tcp_proxy(const TcpProxy& relay, Stream& client, Stream& server) {
  return ConnectedPair(relay, client.socket()->fd.get(), server.socket()->fd.get()).run();
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
