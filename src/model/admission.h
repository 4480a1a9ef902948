// Admission counts the clients being served, in total and per host, and decides whether one more is
// admitted. The limit per host keeps one host from taking every slot; loopback is exempt, because
// its clients are usually the user's own tests. Not thread-safe. The service must outlive it.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "model/service.h"

namespace netlab {

// The reason reported for a client whose host already has this many connections. `limit_name` is
// what the user calls the limit.
std::string host_limit_reached(std::size_t connections, const std::string& limit_name);

class Admission {
 public:
  explicit Admission(const Service& service) : service_(service) {}

  // Whether the server already has its maximum number of clients.
  bool full() const { return clients_ >= service_.limits.max_clients; }
  std::size_t clients() const { return clients_; }

  // Counts the client. If its host already has too many, reports that to service.failed and returns
  // false.
  bool admit(const Address& client);
  void leave(const Address& client);

 private:
  const Service& service_;
  std::size_t clients_ = 0;
  std::map<std::string, std::size_t> by_host_;  // except loopback
};

}  // namespace netlab
