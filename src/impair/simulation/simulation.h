// Simulation is a client and a server of the reliable transport with two wires between them, in
// virtual time: what takes hours takes milliseconds, and the same seed is the same run, to the last
// packet. It checks at each step what must hold in every network.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "impair/simulation/endpoint.h"
#include "impair/simulation/path.h"
#include "transport/reliable/handshake/address_validator.h"

namespace netlab::simulated {

struct SimulationSettings {
  EndpointSettings client;
  EndpointSettings server;
  PathSettings up;  // from the client to the server
  PathSettings down;
  // From then on what the client sends comes from another address, and its first one is nobody's.
  Duration client_moves = Duration::max();
  // Then its program is killed, and another comes from the same address.
  Duration client_restarts = Duration::max();
  std::uint64_t seed = 1;
  // That may be sent though the window of packets is full: two each second or two, for a minute.
  std::uint64_t max_probes = 128;
  bool logs = false;
};

class Simulation {
 public:
  explicit Simulation(const SimulationSettings& settings);

  // Until both ends are over, or so much time has passed.
  void run(Duration most = std::chrono::hours(1));
  // Until that holds, or so much time has passed. Returns whether it holds.
  bool run_until(const std::function<bool()>& holds, Duration most = std::chrono::hours(1));

  Endpoint& client() { return *client_; }
  Endpoint& server() { return servers_.back().endpoint; }
  // The one that the first client talked to.
  Endpoint& first_server() { return servers_.front().endpoint; }
  Instant now() const { return now_; }
  Duration passed() const { return now_ - start_; }
  bool is_closed() const;
  // Gives the client or the server a datagram that no wire has brought.
  void deliver_to_client(std::span<const std::byte> datagram);
  void deliver_to_server(std::span<const std::byte> datagram);
  void transmit();

  // The rule that was broken; empty: none.
  const std::string& violation() const;
  // A line a packet, when it logs.
  const std::string& log() const { return log_; }
  // Two runs that differ in anything differ in this.
  std::uint64_t trace() const { return trace_; }
  std::uint64_t packets_up() const { return packets_up_; }
  std::uint64_t packets_down() const { return packets_down_; }
  // Bytes to the server and from it before it knew the client.
  std::uint64_t received_unknown() const { return received_unknown_; }
  std::uint64_t sent_unknown() const { return sent_unknown_; }

 private:
  static constexpr Instant start_ = Instant(std::chrono::hours(1));

  // An end of the server's, on a socket that is connected to its client.
  struct Served {
    Endpoint endpoint;
    Address client;
  };

  void step();
  Instant next() const;
  Address clients_address() const;
  void start_client();
  void add_server(std::uint64_t clients_id);
  void to_server(std::span<const std::byte> datagram);
  void to_validator(std::span<const std::byte> datagram);
  // Where there is no wire nobody hears it.
  void send(Endpoint& from, const Endpoint& to, Path* path, const char* name);
  void note(const char* name, std::span<const std::byte> datagram, const char* fate);
  void check(const Endpoint& from, const Endpoint& to);
  void check_patience();

  const SimulationSettings settings_;
  Instant now_ = start_;
  std::optional<Endpoint> client_;
  unsigned int clients_ = 0;          // so far
  std::deque<Served> servers_;        // the last is whom the client talks to, or will
  std::vector<Endpoint*> endpoints_;  // all of them
  Path up_;
  Path down_;
  reliable::AddressValidator validator_;
  std::vector<std::byte> room_;
  std::string violation_;
  std::string log_;
  std::uint64_t trace_ = 0;
  std::uint64_t packets_up_ = 0;
  std::uint64_t packets_down_ = 0;
  std::uint64_t received_unknown_ = 0;
  std::uint64_t sent_unknown_ = 0;
};

}  // namespace netlab::simulated
