// Handshake is the opening of a connection (docs/protocols.md, "The reliable transport"). A client
// sends a HELLO until a WELCOME arrives; a RETRY gives it a token for its next HELLO. A server
// sends a WELCOME, again for each further HELLO, until another packet shows that the client has
// received it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "transport/reliable/state/rtt.h"
#include "transport/reliable/wire/packet.h"

namespace netlab::reliable {

class Handshake {
 public:
  enum class Role { client, server };
  explicit Handshake(Role role) : role_(role) {}

  // State.
  bool is_client() const { return role_ == Role::client; }
  // The HELLO of a client or the WELCOME of a server must be sent.
  bool is_pending() const { return is_pending_; }
  // The token for the HELLO; empty before a RETRY.
  std::span<const std::byte> token() const { return token_; }
  // How long to wait for a reply to the HELLO that was sent last.
  Duration hello_timeout() const;

  // Events.
  void on_sent(Instant now);
  void on_retry(Instant now, const Retry& retry);
  // The packet that was sent last may be lost.
  void retransmit() {
    if (!is_complete_) is_pending_ = true;
  }
  // The peer has received our packet. Returns an RTT sample, at most once.
  std::optional<Duration> complete(Instant now);

 private:
  std::optional<Duration> rtt_sample(Instant now) const;

  const Role role_;
  bool is_pending_ = true;
  bool is_complete_ = false;
  Instant sent_{};
  unsigned int times_sent_ = 0;  // with the current token
  unsigned int retries_received_ = 0;
  std::vector<std::byte> token_;
  RttEstimator rtt_;  // from a HELLO to its RETRY
};

}  // namespace netlab::reliable
