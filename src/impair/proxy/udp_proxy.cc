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

// A key that an IPv4 and an IPv6 client do not share.
std::string key_of(const Address& address) {
  return address.host_key() + ":" + std::to_string(address.port());
}

// The kernel or the way out does not take several datagrams at once, but may take each.
bool wants_them_singly(int error) {
  return error == EINVAL || error == EIO || error == EMSGSIZE;
}

class Relay {
 public:
  explicit Relay(const UdpProxy& relay)
      : relay_(relay),
        clients_(relay.bind()),
        family_(call::local_address(clients_.get()).family()),
        up_line_(relay.up.rate, relay.up.queue),
        down_line_(relay.down.rate, relay.down.queue) {
    enable_gro(clients_.get());
    watch(clients_.get());
    watch(relay.stop);
  }

  ProxyCounts run() {
    relay_.listening(call::local_address(clients_.get()));
    std::array<epoll_event, 64> events;
    for (;;) {
      relay_.on_idle();
      const Instant until = std::min(transit_.next(), next_expiry());
      const int count = call::epoll_pwait2(epoll_.get(), events, until);
      if (count < 0) throw SystemError("epoll_wait", -count);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == relay_.stop) return tallies();
        take_from(fd);
        send_due();
      }
      send_due();
      forget_idle();
    }
  }

 private:
  using Flows = std::list<Flow>;  // the longest silent in front

  void watch(int fd) {
    const int result = call::epoll_control(epoll_.get(), EPOLL_CTL_ADD, fd, EPOLLIN);
    if (result < 0) throw SystemError("epoll_ctl", -result);
  }

  DirectionCounts& tally(Direction direction) {
    return direction == Direction::up ? tallies_.up : tallies_.down;
  }

  // All that one call brings.
  void take_from(int fd) {
    const int count = buffer_.receive(fd);
    if (count < 0) {
      if (count == -ECONNREFUSED) ++tallies_.refused;
      return;  // what the network says of an earlier datagram, or nothing after all
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

  // Null when there is no place for one more.
  Flow* flow_of(const Datagram& message) {
    if (!flows_.empty() && flows_.back().client == message.peer) return &flows_.back();
    const std::string key = key_of(message.peer);
    const auto found = by_client_.find(key);
    if (found != by_client_.end()) return &*found->second;
    try {
      if (flows_.size() >= relay_.max_clients) throw std::runtime_error("--max-clients");
      return &begin_flow(message, key);
    } catch (const std::runtime_error& error) {
      if (tallies_.rejected++ == 0)
        log::warning("no place for client {}: {}", message.peer.text(), error.what());
      return nullptr;
    }
  }

  Flow& begin_flow(const Datagram& message, const std::string& key) {
    const std::uint64_t number = tallies_.clients + 1;
    flows_.push_back({.number = number,
                      .client = message.peer,
                      .local = message.local,
                      .server = connected_to(relay_.server),
                      .up = Link(relay_.up, relay_.seed, 2 * number, &up_line_),
                      .down = Link(relay_.down, relay_.seed, 2 * number + 1, &down_line_)});
    tallies_.clients = number;
    const auto place = std::prev(flows_.end());
    by_client_[key] = place;
    by_socket_[place->server.get()] = place;
    watch(place->server.get());
    relay_.on_client(*place);
    return *place;
  }

  void touch(Flow& flow) {
    flow.last_heard = now_;
    if (&flow != &flows_.back())
      flows_.splice(flows_.end(), flows_, by_socket_.at(flow.server.get()));
  }

  // The datagrams that the kernel has joined in one message.
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
    if (fate.outcome == Fate::Outcome::passed && !transit_.has_room(datagram.size(), 2))
      fate.outcome = Fate::Outcome::overflow;
    count(tally(direction), fate, datagram.size());
    if (relay_.on_packet) relay_.on_packet({now_, direction, flow.number, datagram.size(), fate});
    if (fate.outcome != Fate::Outcome::passed) return;
    auto bytes = datagram;
    if (fate.flipped_bit) {
      corrupted_.assign(datagram.begin(), datagram.end());
      fate.corrupt(corrupted_);
      bytes = corrupted_;
    }
    transit_.add(fate.at, flow, direction, fate.ordinal, bytes);
    if (fate.duplicated) transit_.add(fate.at, flow, direction, fate.ordinal, bytes);
  }

  static void count(DirectionCounts& tally, const Fate& fate, std::size_t size) {
    ++tally.came;
    tally.bytes += size;
    const bool passed = fate.outcome == Fate::Outcome::passed;
    tally.passed += passed;
    tally.lost += fate.outcome == Fate::Outcome::lost;
    tally.dropped += fate.outcome == Fate::Outcome::dropped;
    tally.overflowed += fate.outcome == Fate::Outcome::overflow;
    tally.duplicated += passed && fate.duplicated;
    tally.reordered += passed && fate.reordered;
    tally.corrupted += passed && fate.flipped_bit.has_value();
  }

  int socket_of(const Batch& batch) const {
    return batch.direction == Direction::up ? batch.flow->server.get() : clients_.get();
  }

  // What is due now; those of one socket that follow each other leave in one call.
  void send_due() {
    const Instant now = Clock::now();
    while (transit_.next() <= now) {
      const int fd = socket_of(transit_.front());
      batches_.clear();
      while (transit_.next() <= now && socket_of(transit_.front()) == fd &&
             batches_.size() < DatagramBatch::most)
        batches_.push_back(transit_.take(now));
      send(fd);
    }
  }

  // `batches_`, all of one socket.
  void send(int fd) {
    const bool up = batches_.front().direction == Direction::up;
    const int family = up ? relay_.server.family() : family_;
    messages_.clear();
    for (const Batch& batch : batches_)
      messages_.push_back({.bytes = batch.bytes,
                           .peer = up ? relay_.server : batch.flow->client,
                           .local = up ? Address() : batch.flow->local,
                           .segment = batch.count() > 1 ? batch.segment : 0});
    for (std::size_t sent = 0; sent < messages_.size();) {
      const int result = send_again_if_refused(fd, family, std::span(messages_).subspan(sent));
      if (result < 0) not_sent(fd, family, batches_[sent], messages_[sent], -result);
      sent += static_cast<std::size_t>(result < 0 ? 1 : result);
    }
  }

  // What the network says of an earlier datagram comes in the place of sending this one.
  int send_again_if_refused(int fd, int family, std::span<const Datagram> messages) {
    const int result = send_datagrams(fd, family, messages);
    if (result != -ECONNREFUSED) return result;
    ++tallies_.refused;
    return send_datagrams(fd, family, messages);
  }

  void not_sent(int fd, int family, const Batch& batch, const Datagram& message, int error) {
    const bool singly = message.segment > 0 && wants_them_singly(error);
    std::span<const std::byte> left = message.bytes;
    for (std::uint64_t ordinal = batch.first; !left.empty() || ordinal == batch.first; ++ordinal) {
      Datagram one = message;
      one.bytes = left.first(std::min(batch.segment, left.size()));
      one.segment = 0;
      left = left.subspan(one.bytes.size());
      const int result = singly ? send_again_if_refused(fd, family, {&one, 1}) : -error;
      if (result < 0) tell_unsent(batch, ordinal, one.bytes.size(), -result);
    }
  }

  void tell_unsent(const Batch& batch, std::uint64_t ordinal, std::size_t size, int error) {
    ++tally(batch.direction).unsent;
    if (relay_.on_packet)
      relay_.on_packet({Clock::now(), batch.direction, batch.flow->number, size,
                        Fate{.ordinal = ordinal}, error});
  }

  Instant next_expiry() const {
    return flows_.empty() ? never : add_saturating(flows_.front().last_heard, relay_.idle_timeout);
  }

  void forget_idle() {
    while (next_expiry() <= Clock::now()) {
      Flow& flow = flows_.front();
      if (flow.batches_in_flight > 0) {  // what it sent last is delayed for longer than that
        now_ = Clock::now();
        touch(flow);
        continue;
      }
      tallies_.down.missed += dropped_datagrams(flow.server.get());
      by_client_.erase(key_of(flow.client));
      by_socket_.erase(flow.server.get());
      flows_.pop_front();
    }
  }

  ProxyCounts tallies() {
    tallies_.up.missed = dropped_datagrams(clients_.get());
    for (const Flow& flow : flows_) tallies_.down.missed += dropped_datagrams(flow.server.get());
    tallies_.in_flight = transit_.datagrams();
    return tallies_;
  }

  const UdpProxy& relay_;
  Fd epoll_ = call::epoll_create();
  Fd clients_;  // the socket that they send to
  int family_;
  Bottleneck up_line_;
  Bottleneck down_line_;
  Flows flows_;
  std::unordered_map<std::string, Flows::iterator> by_client_;
  std::unordered_map<int, Flows::iterator> by_socket_;
  DelayQueue transit_;
  DatagramBatch buffer_;
  Instant now_{};  // when what is being looked at came in
  std::vector<std::byte> corrupted_;
  std::vector<Batch> batches_;  // that are being sent
  std::vector<Datagram> messages_;
  ProxyCounts tallies_;
};

}  // namespace

ProxyCounts run_udp_proxy(const UdpProxy& relay) {
  return Relay(relay).run();
}

}  // namespace netlab
