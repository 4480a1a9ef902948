// UdpClient is a client's end of a conversation in datagrams with one server.
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
  // Of the server's addresses; there is at least one. Where `cut` is a descriptor, receive() throws
  // SystemError ECANCELED once it is readable. Throws SystemError.
  explicit UdpClient(std::vector<Address> addresses, int stop = -1);

  // Throws SystemError.
  void send(const std::string& message);
  // The next message; nothing when none came in time. While nothing ever came, a refusal makes it
  // try the server's next address with the last message. Throws SystemError ECONNREFUSED, "nothing
  // listens on 127.0.0.1:8888", when there is none; the next message goes to the first again.
  std::optional<std::string> receive(Instant deadline);

  const Address& server() const { return addresses_[tried_]; }
  Instant now() const { return performer_.now(); }

 private:
  void open();
  // Whether it is a refusal, and there was another address to try.
  bool goes_on_elsewhere(int error);

  BlockingPerformer performer_;
  std::vector<Address> addresses_;
  int stop_;
  std::size_t tried_ = 0;
  std::unique_ptr<Udp> udp_;
  std::string last_sent_;
  bool answered_ = false;
  std::vector<std::string> waiting_;  // came with others, and is still to be given, the last first
};

}  // namespace netlab
