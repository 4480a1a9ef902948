#include "impair/proxy/udp_proxy.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <list>
#include <unordered_map>

#include "base/error.h"
#include "impair/proxy/delay_queue.h"
#include "socket/datagram_io.h"
#include "socket/syscalls.h"
#include "trace/log.h"

namespace netlab {
namespace {

Fd connected_to(const Address& server) {
  Fd fd = call::socket(server.family(), SOCK_DGRAM);
  const int result = call::connect(fd.get(), server);
  if (result < 0) throw SystemError("connect " + server.text(), -result);
  fd = udp_socket(std::move(fd));
  enable_gro(fd.get());
  return fd;
}

// Returns a map key that differs between IPv4 and IPv6 clients.
std::string key_of(const Address& address) {
  return address.host_key() + ":" + std::to_string(address.port());
}

// Whether the datagrams of a failed batch may succeed one by one: the kernel or the network
// interface may not support UDP_SEGMENT.
bool can_retry_singly(int error) {
  return error == EINVAL || error == EIO || error == EMSGSIZE;
}

class EventLoop {
 public:
  explicit EventLoop(const UdpProxy& proxy)
      : proxy_(proxy),
        clients_(proxy.bind()),
        family_(call::local_address(clients_.get()).family()),
        up_bottleneck_(proxy.up.rate, proxy.up.queue),
        down_bottleneck_(proxy.down.rate, proxy.down.queue) {
    enable_gro(clients_.get());
    watch(clients_.get());
    watch(proxy.stop);
  }

  ProxyCounts run() {
    proxy_.listening(call::local_address(clients_.get()));
    std::array<epoll_event, 64> events;
    for (;;) {
      proxy_.on_idle();
      const Instant until = std::min(delay_queue_.next(), next_expiry());
      const int count = call::epoll_pwait2(epoll_.get(), events, until);
      if (count < 0) throw SystemError("epoll_wait", -count);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == proxy_.stop) return final_counts();
        receive_from(fd);
        send_due();
      }
      send_due();
      drop_idle();
    }
  }

 private:
  using Flows = std::list<Flow>;  // the longest idle first

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
    now_ = Clock::now();
    const auto found = by_socket_.find(fd);
    for (const Datagram& message : buffer_.received()) {
      Flow* const flow = fd == clients_.get() ? flow_of(message) : &*found->second;
      if (!flow) continue;
      touch(*flow);
      pass_all(*flow, fd == clients_.get() ? Direction::up : Direction::down, message);
    }
  }

  // Returns null if the client is new and can't be added. Only the first rejection is logged.
  Flow* flow_of(const Datagram& message) {
    if (!flows_.empty() && flows_.back().client == message.peer) return &flows_.back();
    const std::string key = key_of(message.peer);
    const auto found = by_client_.find(key);
    if (found != by_client_.end()) return &*found->second;
    try {
      if (flows_.size() >= proxy_.max_clients)
        throw std::runtime_error("too many clients (--max-clients)");
      return &begin_flow(message, key);
    } catch (const std::runtime_error& error) {
      if (counts_.rejected++ == 0)
        log::warning("client {} rejected: {}", message.peer.text(), error.what());
      return nullptr;
    }
  }

  Flow& begin_flow(const Datagram& message, const std::string& key) {
    const std::uint64_t number = counts_.clients + 1;
    flows_.push_back({.number = number,
                      .client = message.peer,
                      .local = message.local,
                      .server = connected_to(proxy_.server),
                      .up = Link(proxy_.up, proxy_.seed, 2 * number, &up_bottleneck_),
                      .down = Link(proxy_.down, proxy_.seed, 2 * number + 1, &down_bottleneck_)});
    counts_.clients = number;
    const auto added = std::prev(flows_.end());
    by_client_[key] = added;
    by_socket_[added->server.get()] = added;
    watch(added->server.get());
    proxy_.on_client(*added);
    return *added;
  }

  void touch(Flow& flow) {
    flow.last_heard = now_;
    if (&flow != &flows_.back())
      flows_.splice(flows_.end(), flows_, by_socket_.at(flow.server.get()));
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

  void pass(Flow& flow, Direction direction, std::span<const std::byte> datagram) {
    Link& link = direction == Direction::up ? flow.up : flow.down;
    Fate fate = link.pass(now_, datagram.size());
    if (fate.outcome == Fate::Outcome::passed && !delay_queue_.has_room(datagram.size(), 2))
      fate.outcome = Fate::Outcome::overflow;
    count(counts(direction), fate, datagram.size());
    if (proxy_.on_packet) proxy_.on_packet({now_, direction, flow.number, datagram.size(), fate});
    if (fate.outcome != Fate::Outcome::passed) return;
    auto bytes = datagram;
    if (fate.flipped_bit) {
      corrupted_.assign(datagram.begin(), datagram.end());
      fate.corrupt(corrupted_);
      bytes = corrupted_;
    }
    delay_queue_.add(fate.at, flow, direction, fate.ordinal, bytes);
    if (fate.duplicated) delay_queue_.add(fate.at, flow, direction, fate.ordinal, bytes);
  }

  static void count(DirectionCounts& counts, const Fate& fate, std::size_t size) {
    ++counts.came;
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

  int socket_of(const Batch& batch) const {
    return batch.direction == Direction::up ? batch.flow->server.get() : clients_.get();
  }

  // Sends the batches that are due now. Consecutive ones of the same socket share one system call.
  void send_due() {
    const Instant now = Clock::now();
    while (delay_queue_.next() <= now) {
      const int fd = socket_of(delay_queue_.front());
      batches_.clear();
      while (delay_queue_.next() <= now && socket_of(delay_queue_.front()) == fd &&
             batches_.size() < DatagramBatch::most)
        batches_.push_back(delay_queue_.take(now));
      send(fd);
    }
  }

  // Sends batches_, which all leave through the same socket.
  void send(int fd) {
    const bool up = batches_.front().direction == Direction::up;
    const int family = up ? proxy_.server.family() : family_;
    messages_.clear();
    for (const Batch& batch : batches_)
      messages_.push_back({.bytes = batch.bytes,
                           .peer = up ? proxy_.server : batch.flow->client,
                           .local = up ? Address() : batch.flow->local,
                           .segment = batch.count() > 1 ? batch.segment : 0});
    for (std::size_t sent = 0; sent < messages_.size();) {
      const int result = send_retrying_refused(fd, family, std::span(messages_).subspan(sent));
      if (result < 0) handle_unsent(fd, family, batches_[sent], messages_[sent], -result);
      sent += static_cast<std::size_t>(result < 0 ? 1 : result);
    }
  }

  // Sends, and retries once after ECONNREFUSED, which reports an ICMP error of an earlier datagram.
  int send_retrying_refused(int fd, int family, std::span<const Datagram> messages) {
    const int result = send_datagrams(fd, family, messages);
    if (result != -ECONNREFUSED) return result;
    ++counts_.refused;
    return send_datagrams(fd, family, messages);
  }

  // Handles a batch that could not be sent: retries its datagrams one by one if that may help.
  void handle_unsent(int fd, int family, const Batch& batch, const Datagram& message, int error) {
    const bool singly = message.segment > 0 && can_retry_singly(error);
    std::span<const std::byte> left = message.bytes;
    for (std::uint64_t ordinal = batch.first; !left.empty() || ordinal == batch.first; ++ordinal) {
      Datagram one = message;
      one.bytes = left.first(std::min(batch.segment, left.size()));
      one.segment = 0;
      left = left.subspan(one.bytes.size());
      const int result = singly ? send_retrying_refused(fd, family, {&one, 1}) : -error;
      if (result < 0) report_unsent(batch, ordinal, one.bytes.size(), -result);
    }
  }

  void report_unsent(const Batch& batch, std::uint64_t ordinal, std::size_t size, int error) {
    ++counts(batch.direction).unsent;
    if (proxy_.on_packet)
      proxy_.on_packet({Clock::now(), batch.direction, batch.flow->number, size,
                        Fate{.ordinal = ordinal}, error});
  }

  Instant next_expiry() const {
    return flows_.empty() ? never : add_saturating(flows_.front().last_heard, proxy_.idle_timeout);
  }

  void drop_idle() {
    while (next_expiry() <= Clock::now()) {
      Flow& flow = flows_.front();
      if (flow.batches_in_flight > 0) {  // its datagrams are delayed for longer than the timeout
        now_ = Clock::now();
        touch(flow);
        continue;
      }
      counts_.down.missed += dropped_datagrams(flow.server.get());
      by_client_.erase(key_of(flow.client));
      by_socket_.erase(flow.server.get());
      flows_.pop_front();
    }
  }

  ProxyCounts final_counts() {
    counts_.up.missed = dropped_datagrams(clients_.get());
    for (const Flow& flow : flows_) counts_.down.missed += dropped_datagrams(flow.server.get());
    counts_.in_flight = delay_queue_.datagrams();
    return counts_;
  }

  const UdpProxy& proxy_;
  Fd epoll_ = call::epoll_create();
  Fd clients_;  // the socket that clients send to
  int family_;
  Bottleneck up_bottleneck_;
  Bottleneck down_bottleneck_;
  Flows flows_;
  std::unordered_map<std::string, Flows::iterator> by_client_;
  std::unordered_map<int, Flows::iterator> by_socket_;
  DelayQueue delay_queue_;
  DatagramBatch buffer_;
  Instant now_{};  // when the current datagrams were received
  std::vector<std::byte> corrupted_;
  std::vector<Batch> batches_;  // to send with the next call
  std::vector<Datagram> messages_;
  ProxyCounts counts_;
};

}  // namespace

ProxyCounts run_udp_proxy(const UdpProxy& proxy) {
  return EventLoop(proxy).run();
}

}  // namespace netlab
