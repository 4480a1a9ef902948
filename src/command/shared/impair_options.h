// ImpairOptions is what `netlab impair udp` and `impair tcp` have in common on the command line:
// where to listen, where the server is, limits, the seed, and how they tell that they are ready.
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
  // Where chance has a part in it.
  void declare_seed(Options& options);

  // These throw std::invalid_argument, or what resolve() throws.
  Address listening_address() const { return address("LISTEN", listen_); }
  Address server() const;
  std::size_t max_clients() const;
  Duration idle_timeout() const;

  // The one that was asked for, or any.
  std::uint64_t seed();

  // Throws std::invalid_argument where what listens would be its own server. Tells the seed when
  // there is one.
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
