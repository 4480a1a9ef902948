// Simulation runs a client and a server of the reliable transport over two simulated Paths in
// virtual time, so hours take milliseconds. The same seed gives the same run, to the last packet.
// After each step it checks invariants that hold in any network.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "impair/simulation/path.h"
#include "impair/simulation/peer.h"
#include "transport/reliable/handshake/address_validator.h"

namespace netlab::simulated {

struct SimulationSettings {
  PeerSettings client;
  PeerSettings server;
  PathSettings up;  // from the client to the server
  PathSettings down;
  // From then on the client has another address, and packets to its first address are lost.
  Duration client_moves = Duration::max();
  // Then the client is killed and a new one starts at the same address.
  Duration client_restarts = Duration::max();
  std::uint64_t seed = 1;
  // Probes that may be sent although the window of packets is full: two every second or two, for a
  // minute.
  std::uint64_t max_probes = 128;
  bool logs = false;  // fill log()
};

class Simulation {
 public:
  explicit Simulation(const SimulationSettings& settings);

  // Runs until all peers are closed or `max_duration` has passed.
  void run(Duration max_duration = std::chrono::hours(1));
  // Runs until `condition` holds, `max_duration` has passed or an invariant is violated. Returns
  // whether it holds.
  bool run_until(const std::function<bool()>& condition,
                 Duration max_duration = std::chrono::hours(1));

  Peer& client() { return *client_; }
  Peer& server() { return servers_.back().peer; }
  // The server of the first client.
  Peer& first_server() { return servers_.front().peer; }
  Instant now() const { return now_; }
  Duration passed() const { return now_ - start_; }
  bool is_closed() const;
  // Delivers a datagram to the client or the server directly, without a Path.
  void deliver_to_client(std::span<const std::byte> datagram);
  void deliver_to_server(std::span<const std::byte> datagram);
  void transmit();

  // The invariant that was violated; empty: none.
  const std::string& violation() const;
  // One line per packet, if SimulationSettings::logs is set.
  const std::string& log() const { return log_; }
  // A hash of all packets, their times and fates: runs that differ have different hashes.
  std::uint64_t event_hash() const { return event_hash_; }
  std::uint64_t packets_up() const { return packets_up_; }
  std::uint64_t packets_down() const { return packets_down_; }
  // Bytes that the server received and sent outside a connection, before address validation.
  std::uint64_t received_unvalidated() const { return received_unvalidated_; }
  std::uint64_t sent_unvalidated() const { return sent_unvalidated_; }

 private:
  static constexpr Instant start_ = Instant(std::chrono::hours(1));

  // A server's end of a connection, on a socket connected to its client.
  struct Served {
    Peer peer;
    Address client;
  };

  void step();
  Instant next() const;
  Address client_address() const;
  void start_client();
  void add_server(std::uint64_t client_id);
  void route_to_server(std::span<const std::byte> datagram);
  void route_to_validator(std::span<const std::byte> datagram);
  // `path` null: the packets are lost.
  void send(Peer& from, const Peer& to, Path* path, const char* name);
  void record(const char* name, std::span<const std::byte> datagram, const char* fate);
  void check(const Peer& from, const Peer& to);
  void check_timeouts();

  const SimulationSettings settings_;
  Instant now_ = start_;
  std::optional<Peer> client_;
  unsigned int clients_started_ = 0;
  std::deque<Served> servers_;  // the last one serves the current client, or will
  std::vector<Peer*> peers_;    // the client and all servers
  Path up_;
  Path down_;
  reliable::AddressValidator validator_;
  std::vector<std::byte> room_;
  std::string violation_;
  std::string log_;
  std::uint64_t event_hash_ = 0;
  std::uint64_t packets_up_ = 0;
  std::uint64_t packets_down_ = 0;
  std::uint64_t received_unvalidated_ = 0;
  std::uint64_t sent_unvalidated_ = 0;
};

}  // namespace netlab::simulated
