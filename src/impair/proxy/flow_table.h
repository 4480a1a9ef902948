// FlowTable holds the clients of the UDP proxy: found by their address or by their socket to the
// server, and removed when nothing has been received in either direction for the idle timeout. No
// system calls. Not thread-safe.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "impair/proxy/flow.h"

namespace netlab {

class FlowTable {
 public:
  // `idle_timeout` must be positive.
  FlowTable(std::size_t max_flows, Duration idle_timeout)
      : max_flows_(max_flows), idle_timeout_(idle_timeout) {}

  bool full() const { return flows_.size() >= max_flows_; }
  // Returns null if the client is unknown.
  Flow* find(const Address& client);
  // `server` must be the socket of a flow.
  Flow& at(int server) { return *by_socket_.at(server); }
  // The client must be unknown. The flow stays where it is until it is removed.
  Flow& add(Flow flow);
  // Something was received. `now` must not decrease.
  void touch(Flow& flow, Instant now);

  // Returns when a flow may expire next; `never` if there is none.
  Instant next_expiry() const;
  // Removes a flow that has expired, and returns it; nullopt if there is none. Flows with datagrams
  // in flight are touched instead: those are delayed for longer than the timeout.
  std::optional<Flow> take_expired(Instant now);

  const std::list<Flow>& flows() const { return flows_; }

 private:
  using Flows = std::list<Flow>;

  std::size_t max_flows_;
  Duration idle_timeout_;
  Flows flows_;  // the longest idle first
  std::unordered_map<std::string, Flows::iterator> by_client_;
  std::unordered_map<int, Flows::iterator> by_socket_;
};

}  // namespace netlab
