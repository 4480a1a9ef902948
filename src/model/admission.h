// Admission counts the clients that are being served, in all and by host, and says whether one more
// may come in. One host can't take every place; loopback is exempt, for there it is one's own
// tests.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "model/service.h"

namespace netlab {

class Admission {
 public:
  explicit Admission(const Service& service) : service_(service) {}

  // Whether all places are taken.
  bool full() const { return clients_ >= service_.limits.max_clients; }
  std::size_t clients() const { return clients_; }

  // Counts the client in. False, and told to service.failed, when its host has too many already.
  bool admit(const Address& client);
  void leave(const Address& client);

 private:
  const Service& service_;
  std::size_t clients_ = 0;
  std::map<std::string, std::size_t> by_host_;  // without loopback
};

}  // namespace netlab
