// UdpClient is the client's end of a datagram conversation with one server. Its calls block.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transport/blocking_performer.h"
#include "transport/udp.h"

namespace netlab {

class UdpClient {
 public:
  // `addresses`: the server's, at least one. `stop`: once this descriptor is readable, receive()
  // throws SystemError ECANCELED; -1: none. Throws SystemError.
  explicit UdpClient(std::vector<Address> addresses, int stop = -1);

  // Throws SystemError.
  void send(const std::string& message);
  // Returns the next message, or nothing if the deadline passed. Until a first message was
  // received, ECONNREFUSED makes it resend the last message to the server's next address. After the
  // last address it throws SystemError ECONNREFUSED, "nothing listens on 127.0.0.1:8888", and the
  // next message goes to the first address again.
  std::optional<std::string> receive(Instant deadline);

  const Address& server() const { return addresses_[current_]; }
  Instant now() const { return performer_.now(); }

 private:
  void open();
  // Returns whether the error was ECONNREFUSED and the next address is now in use. Throws the
  // refusal if no other address is left to try.
  bool try_next_address(int error);

  BlockingPerformer performer_;
  std::vector<Address> addresses_;
  int stop_;
  std::size_t current_ = 0;
  std::unique_ptr<Udp> udp_;
  std::string last_sent_;
  bool has_received_ = false;
  std::vector<std::string> pending_;  // received but not returned yet, newest first
};

}  // namespace netlab
