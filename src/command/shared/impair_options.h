// ImpairOptions declares the options that `netlab impair udp` and `impair tcp` share: addresses,
// limits and the seed. It also announces that the proxy is ready.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/address.h"
#include "cli/options.h"
#include "cli/output.h"

namespace netlab {

class ImpairOptions {
 public:
  void declare(Options& options);
  // Declares --seed, for proxies that make random decisions.
  void declare_seed(Options& options);

  // These throw std::invalid_argument, or what resolve() throws.
  Address listening_address() const { return address("LISTEN", listen_); }
  Address server() const;
  Duration idle_timeout() const;
  std::size_t max_clients() const { return max_clients_; }

  // Returns the seed from the command line, or chooses one.
  std::uint64_t seed();

  // Writes the port file, and prints the addresses and the seed, if there is one. Throws
  // std::invalid_argument if the proxy would forward to itself.
  void announce(const Address& local, const Address& server, const std::string& protocol,
                const Output& output);

 private:
  static Address address(const std::string& what, const std::string& text);

  std::string listen_;
  std::string forward_;
  std::optional<std::uint64_t> seed_;
  std::uint64_t max_clients_ = 256;
  Duration idle_timeout_ = std::chrono::seconds(300);
  std::string port_file_;
};

}  // namespace netlab
