#include "impair/proxy/udp_proxy.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "impair/proxy/delay_queue.h"
#include "impair/proxy/flow_table.h"
#include "impair/proxy/send_batches.h"
#include "socket/datagram_io.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

Fd connected_to(const Address& server) {
  Fd fd = call::socket(server.family(), SOCK_DGRAM);
  connect_udp(fd, server);
  fd = udp_socket(std::move(fd));
  enable_gro(fd.get());
  return fd;
}

class EventLoop {
 public:
  explicit EventLoop(const UdpProxy& proxy)
      : proxy_(proxy),
        clients_(proxy.bind()),
        family_(call::local_address(clients_.get()).family()),
        up_bottleneck_(proxy.up.rate, proxy.up.queue),
        down_bottleneck_(proxy.down.rate, proxy.down.queue),
        flows_(proxy.max_clients, proxy.idle_timeout) {
    enable_gro(clients_.get());
    watch(clients_.get());
    watch(proxy.stop);
  }

  ProxyCounts run() {
    proxy_.listening(call::local_address(clients_.get()));
    std::array<epoll_event, 64> events;
    for (;;) {
      proxy_.on_idle();
      const Instant until = std::min(delay_queue_.next(), flows_.next_expiry());
      const int count = call::epoll_pwait2(epoll_.get(), events, until);
      if (count < 0) throw SystemError("epoll_wait", -count);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == proxy_.stop) return final_counts();
        receive_from(fd);
        send_due();
      }
      send_due();
      remove_idle();
    }
  }

 private:
  void watch(int fd) {
    const int result = call::epoll_control(epoll_.get(), EPOLL_CTL_ADD, fd, EPOLLIN);
    if (result < 0) throw SystemError("epoll_ctl", -result);
  }

  DirectionCounts& counts(Direction direction) {
    return direction == Direction::up ? counts_.up : counts_.down;
  }

  // Receives one batch of datagrams.
  void receive_from(int fd) {
    const int count = buffer_.receive(fd);
    if (count < 0) {
      if (count == -ECONNREFUSED) ++counts_.refused;
      return;  // an error of an earlier datagram, or no datagram after all
    }
    const Instant now = Clock::now();
    const Direction direction = fd == clients_.get() ? Direction::up : Direction::down;
    for (const Datagram& message : buffer_.received()) {
      Flow* const flow = direction == Direction::up ? flow_of(message) : &flows_.at(fd);
      if (!flow) continue;
      flows_.touch(*flow, now);
      pass_all(*flow, direction, message);
    }
  }

  // Returns null if the client is new and cannot be added.
  Flow* flow_of(const Datagram& message) {
    if (Flow* const known = flows_.find(message.peer)) return known;
    if (flows_.full()) {
      reject({message.peer});
      return nullptr;
    }
    try {
      Fd server = connected_to(proxy_.server);
      watch(server.get());
      return &add_flow(message, std::move(server));
    } catch (const SystemError& error) {
      reject({message.peer, error});
      return nullptr;
    }
  }

  Flow& add_flow(const Datagram& message, Fd server) {
    const std::uint64_t number = ++counts_.clients;
    Flow& flow =
        flows_.add({.number = number,
                    .client = message.peer,
                    .local = message.local,
                    .server = std::move(server),
                    .up = Link(proxy_.up, proxy_.seed, 2 * number, &up_bottleneck_),
                    .down = Link(proxy_.down, proxy_.seed, 2 * number + 1, &down_bottleneck_)});
    proxy_.on_client(flow);
    return flow;
  }

  // Only the first rejection is reported.
  void reject(const RejectedClient& client) {
    if (counts_.rejected++ == 0) proxy_.on_rejected(client);
  }

  // Splits a message into the datagrams that the kernel has joined (UDP_GRO).
  void pass_all(Flow& flow, Direction direction, const Datagram& message) {
    std::span<const std::byte> left = message.bytes;
    const std::size_t size = message.segment > 0 ? message.segment : left.size();
    do {
      const auto datagram = left.first(std::min(size, left.size()));
      pass(flow, direction, datagram);
      left = left.subspan(datagram.size());
    } while (!left.empty());
  }

  // `flow` was touched when the datagram was received.
  void pass(Flow& flow, Direction direction, std::span<const std::byte> datagram) {
    Link& link = direction == Direction::up ? flow.up : flow.down;
    Fate fate = link.pass(flow.last_heard, datagram.size());
    if (fate.outcome == Fate::Outcome::passed && !delay_queue_.has_room(datagram.size(), 2))
      fate.outcome = Fate::Outcome::overflow;
    count(counts(direction), fate, datagram.size());
    if (proxy_.on_packet)
      proxy_.on_packet({flow.last_heard, direction, flow.number, datagram.size(), fate});
    if (fate.outcome != Fate::Outcome::passed) return;
    std::vector<std::byte> corrupted;
    if (fate.flipped_bit) {
      corrupted.assign(datagram.begin(), datagram.end());
      fate.corrupt(corrupted);
      datagram = corrupted;
    }
    delay_queue_.add(fate.at, flow, direction, fate.ordinal, datagram);
    if (fate.duplicated) delay_queue_.add(fate.at, flow, direction, fate.ordinal, datagram);
  }

  static void count(DirectionCounts& counts, const Fate& fate, std::size_t size) {
    ++counts.received;
    counts.bytes += size;
    const bool passed = fate.outcome == Fate::Outcome::passed;
    counts.passed += passed;
    counts.lost += fate.outcome == Fate::Outcome::lost;
    counts.dropped += fate.outcome == Fate::Outcome::dropped;
    counts.overflowed += fate.outcome == Fate::Outcome::overflow;
    counts.duplicated += passed && fate.duplicated;
    counts.reordered += passed && fate.reordered;
    counts.corrupted += passed && fate.flipped_bit.has_value();
  }

  int socket_of(const DelayedBatch& batch) const {
    return batch.direction == Direction::up ? batch.flow->server.get() : clients_.get();
  }

  // Sends the batches that are due now. Consecutive ones of the same socket share one system call.
  void send_due() {
    const Instant now = Clock::now();
    std::vector<DelayedBatch> batches;
    while (delay_queue_.next() <= now) {
      const int fd = socket_of(delay_queue_.front());
      batches.clear();
      while (delay_queue_.next() <= now && socket_of(delay_queue_.front()) == fd &&
             batches.size() < DatagramBatch::max_messages)
        batches.push_back(delay_queue_.take(now));
      send(fd, batches);
    }
  }

  void send(int fd, std::span<const DelayedBatch> batches) {
    const int family = fd == clients_.get() ? family_ : proxy_.server.family();
    const SendReport report =
        send_batches(batches, proxy_.server, [fd, family](std::span<const Datagram> messages) {
          return send_datagrams(fd, family, messages);
        });
    counts_.refused += report.refused;
    for (const auto& [batch, ordinal, size, error] : report.unsent) {
      ++counts(batch->direction).unsent;
      if (proxy_.on_packet)
        proxy_.on_packet({Clock::now(), batch->direction, batch->flow->number, size,
                          Fate{.ordinal = ordinal}, error});
    }
  }

  void remove_idle() {
    while (const auto expired = flows_.take_expired(Clock::now()))
      counts_.down.missed += dropped_datagrams(expired->server.get());
  }

  ProxyCounts final_counts() {
    counts_.up.missed = dropped_datagrams(clients_.get());
    for (const Flow& flow : flows_.flows())
      counts_.down.missed += dropped_datagrams(flow.server.get());
    counts_.in_flight = delay_queue_.datagrams();
    return counts_;
  }

  const UdpProxy& proxy_;
  Fd epoll_ = call::epoll_create();
  Fd clients_;  // the socket that clients send to
  int family_;
  Bottleneck up_bottleneck_;
  Bottleneck down_bottleneck_;
  FlowTable flows_;
  DelayQueue delay_queue_;
  DatagramBatch buffer_;
  ProxyCounts counts_;
};

}  // namespace

ProxyCounts run_udp_proxy(const UdpProxy& proxy) {
  return EventLoop(proxy).run();
}

}  // namespace netlab
