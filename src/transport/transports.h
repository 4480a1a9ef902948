// The transports: how a stream of bytes gets across. A further one is one file and one row in
// transports.cc.
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
  // The network whose waits the performer carries out. The performer outlives it.
  std::function<std::unique_ptr<Network>(Performer& performer)> over;
  // Whether clients are connected before the server takes them: they wait in the kernel's queue.
  bool has_backlog;
};

std::span<const Transport> transports();
const Transport& tcp();
const Transport& reliable_udp();

}  // namespace netlab
