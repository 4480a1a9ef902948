// TransportOptions declares the options that select the transport: TCP or, with --udp, the reliable
// transport over UDP and its settings. A server may use both at once (--tcp --udp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/options.h"
#include "transport/transports.h"

namespace netlab {

class TransportOptions {
 public:
  void declare(Options& options);
  void declare_for_server(Options& options);

  bool is_tcp() const { return tcp_ || !udp_; }
  bool is_udp() const { return udp_; }
  // Throws std::invalid_argument if an option requires another one.
  Transport transport() const;

 private:
  Transport reliable() const;

  bool tcp_ = false;
  bool udp_ = false;
  std::string arq_;
  std::string congestion_;
  std::optional<std::uint64_t> window_;
  std::optional<std::uint64_t> mss_;
};

}  // namespace netlab
