// AddressValidator receives whom a server does not know. It keeps no state of clients who have not
// proved that they are where they say (RFC 9000 section 8.1): their HELLO is answered with a
// smaller RETRY that has a token, and forgotten. So a forged source costs no memory, and gets less
// than was sent.
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
  // `key`: random, of this server.
  explicit AddressValidator(const SipKey& key) : key_(key) {}

  struct Decision {
    std::size_t answer = 0;         // bytes in `room` to be sent back; 0: silence
    std::optional<Hello> admitted;  // a client who may come in, once
  };
  // `room` has base_packet_size bytes.
  Decision on_datagram(Instant now, const Address& from, std::span<const std::byte> datagram,
                       std::span<std::byte> room);

  // The client could not be let in after all, and may ask again.
  void forget(const Address& from, const Hello& hello);

 private:
  Decision on_hello(Instant now, const Address& from, const Hello& hello,
                    std::span<std::byte> room);
  // Whether the client has been admitted already; if not, it is from now on.
  bool already_admitted(Instant now, const Address& from, const Hello& hello);
  std::uint64_t key_of(const Address& from, const Hello& hello) const;

  const SipKey key_;
  struct Admitted {
    Instant until;
    std::uint64_t who;
  };
  std::deque<Admitted> admitted_;  // while a token of theirs may be valid
  std::unordered_set<std::uint64_t> known_;
  Instant silent_until_{};  // no second GONE before
};

}  // namespace netlab::reliable
