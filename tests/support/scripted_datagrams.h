// ScriptedDatagrams is a DatagramSocket that simulates the peers of a server: it delivers scripted
// messages and records the replies. It has no real socket, and virtual time passes only where the
// script pauses. At the end of the script the server is stopped (ECANCELED).
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "support/virtual_network.h"
#include "transport/datagram_socket.h"

namespace netlab {

class ScriptedDatagrams : public DatagramSocket {
 public:
  static Address client(std::uint16_t port) { return Address::loopback(port); }

  // Adds a message from a peer to the current batch, which is received with one call.
  ScriptedDatagrams& says(std::uint16_t port, std::string text, int ttl = 64) {
    batches_.back().push_back({std::move(text), client(port), ttl});
    return *this;
  }
  // Delays the messages after this call by `duration`, and starts a new batch.
  ScriptedDatagrams& pauses(Duration duration = {}) {
    pauses_.push_back(duration);
    batches_.emplace_back();
    return *this;
  }

  std::span<const Datagram> receive(Instant deadline) override {
    if (next_ < pauses_.size() + 1 && next_ > 0) {
      const Instant until = add_saturating(now(), pauses_[next_ - 1]);
      if (deadline < until) {
        pauses_[next_ - 1] = until - deadline;
        network_.sleep_until(deadline);
        return {};
      }
      network_.sleep_until(until);
    }
    if (next_ == batches_.size()) throw SystemError("receive", ECANCELED);
    received_.clear();
    for (const Said& said : batches_[next_])
      received_.push_back({.bytes = bytes_of(said.text),
                           .peer = said.peer,
                           .local = Address::loopback(0),
                           .ttl = said.ttl});
    ++next_;
    if (received_.empty()) return receive(deadline);
    return received_;
  }
  std::size_t send(std::span<const Datagram> messages) override {
    if (messages.front().peer.port() == unreachable) throw SystemError("send", ENETUNREACH);
    const Datagram& message = messages.front();
    sent[message.peer.port()].emplace_back(reinterpret_cast<const char*>(message.bytes.data()),
                                           message.bytes.size());
    return 1;
  }
  void set_ttl(int hops) override { hops_set = hops; }
  Address local() const override { return Address::loopback(8888); }
  Instant now() const override { return network_.now(); }
  Lost lost() const override { return {}; }

  static constexpr std::uint16_t unreachable = 6666;
  std::map<std::uint16_t, std::vector<std::string>> sent;  // by the peer's port
  int hops_set = 0;

 private:
  struct Said {
    std::string text;
    Address peer;
    int ttl;
  };

  VirtualNetwork network_;
  std::deque<std::vector<Said>> batches_ = std::deque<std::vector<Said>>(1);
  std::vector<Duration> pauses_;
  std::size_t next_ = 0;
  std::vector<Datagram> received_;
};

}  // namespace netlab
