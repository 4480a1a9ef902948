// AddressValidator handles datagrams that belong to no connection of a server. It keeps no state
// for a client until the client has proved its address (RFC 9000 section 8.1): a HELLO without a
// valid token gets a smaller RETRY with one. So a forged source address costs no memory and cannot
// be used for amplification.
#pragma once

#include <deque>
#include <optional>
#include <unordered_set>

#include "base/address.h"
#include "transport/reliable/handshake/token.h"
#include "transport/reliable/wire/packet.h"

namespace netlab::reliable {

class AddressValidator {
 public:
  // `key`: random, chosen by this server at its start.
  explicit AddressValidator(const SipKey& key) : key_(key) {}

  struct Decision {
    std::size_t answer = 0;         // bytes of the reply in `room`; 0: no reply
    std::optional<Hello> admitted;  // a HELLO to accept; returned once per client
  };
  // `room` has at least base_packet_size bytes.
  Decision on_datagram(Instant now, const Address& from, std::span<const std::byte> datagram,
                       std::span<std::byte> room);

  // The admitted client could not be served after all. Its next HELLO may be admitted again.
  void forget(const Address& from, const Hello& hello);

 private:
  Decision on_hello(Instant now, const Address& from, const Hello& hello,
                    std::span<std::byte> room);
  // Returns whether the client was already admitted, and records it as admitted.
  bool already_admitted(Instant now, const Address& from, const Hello& hello);
  std::uint64_t client_key(const Address& from, const Hello& hello) const;

  const SipKey key_;
  struct Admitted {
    Instant until;
    std::uint64_t client;
  };
  std::deque<Admitted> admitted_;  // while their tokens may be valid
  std::unordered_set<std::uint64_t> admitted_keys_;
  Instant next_gone_time_{};  // no GONE before
};

}  // namespace netlab::reliable
