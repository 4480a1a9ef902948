#include "transport/udp_client.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"

namespace netlab {

UdpClient::UdpClient(std::vector<Address> addresses, int stop)
    : addresses_(std::move(addresses)), stop_(stop) {
  open();
}

// A machine without IPv6 has no way to the server's IPv6 address: on to the next.
void UdpClient::open() {
  for (;; ++tried_) {
    try {
      udp_ = Udp::to(performer_, server());
      udp_->set_stop(stop_);
      return;
    } catch (const SystemError&) {
      if (tried_ + 1 == addresses_.size()) throw;
    }
  }
}

bool UdpClient::goes_on_elsewhere(int error) {
  if (error != ECONNREFUSED) return false;
  const SystemError refusal("nothing listens on " + server().text(), error);
  if (answered_ || addresses_.size() == 1) throw refusal;
  const bool was_last = tried_ + 1 == addresses_.size();
  tried_ = was_last ? 0 : tried_ + 1;
  open();
  if (was_last) throw refusal;
  return true;
}

void UdpClient::send(const std::string& message) {
  last_sent_ = message;
  for (;;) {
    const Datagram datagram{.bytes = bytes_of(message), .peer = server()};
    try {
      udp_->send({&datagram, 1});
      return;
    } catch (const SystemError& error) {
      if (!goes_on_elsewhere(error.error())) throw;
    }
  }
}

std::optional<std::string> UdpClient::receive(Instant deadline) {
  while (waiting_.empty()) {
    try {
      const auto messages = udp_->receive(deadline);
      if (messages.empty()) return std::nullopt;
      answered_ = true;
      for (const Datagram& message : messages)
        waiting_.emplace_back(reinterpret_cast<const char*>(message.bytes.data()),
                              message.bytes.size());
      std::ranges::reverse(waiting_);
    } catch (const SystemError& error) {
      if (!goes_on_elsewhere(error.error())) throw;
      send(last_sent_);
    }
  }
  std::string message = std::move(waiting_.back());
  waiting_.pop_back();
  return message;
}

}  // namespace netlab
