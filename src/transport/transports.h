// The transports: protocols that carry a byte stream. To add one, write its Network and add a row
// in transports.cc.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "transport/network.h"
#include "transport/performer.h"

namespace netlab {

struct Transport {
  std::string_view name;
  std::string_view summary;
  // Creates the network whose waits the performer carries out. The performer must outlive it.
  std::function<std::unique_ptr<Network>(Performer& performer)> over;
  // Whether the kernel completes connections before the server accepts them (listen(2)).
  bool has_backlog;
};

std::span<const Transport> transports();
const Transport& tcp();
const Transport& reliable_udp();

}  // namespace netlab
