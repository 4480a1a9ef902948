#include "transport/udp_client.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"

namespace netlab {

UdpClient::UdpClient(std::vector<Address> addresses, int stop)
    : addresses_(std::move(addresses)), stop_(stop) {
  open();
}

// A host without IPv6 cannot reach the server's IPv6 address, so the next address is tried.
void UdpClient::open() {
  for (;; ++current_) {
    try {
      udp_ = Udp::to(performer_, server());
      udp_->set_stop(stop_);
      return;
    } catch (const SystemError&) {
      if (current_ + 1 == addresses_.size()) throw;
    }
  }
}

bool UdpClient::try_next_address(int error) {
  if (error != ECONNREFUSED) return false;
  const SystemError refusal("nothing listens on " + server().text(), error);
  if (has_received_ || addresses_.size() == 1) throw refusal;
  const bool was_last = current_ + 1 == addresses_.size();
  current_ = was_last ? 0 : current_ + 1;
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
      if (!try_next_address(error.error())) throw;
    }
  }
}

std::optional<std::string> UdpClient::receive(Instant deadline) {
  while (pending_.empty()) {
    try {
      const auto messages = udp_->receive(deadline);
      if (messages.empty()) return std::nullopt;
      has_received_ = true;
      for (const Datagram& message : messages)
        pending_.emplace_back(reinterpret_cast<const char*>(message.bytes.data()),
                              message.bytes.size());
      std::ranges::reverse(pending_);
    } catch (const SystemError& error) {
      if (!try_next_address(error.error())) throw;
      send(last_sent_);
    }
  }
  std::string message = std::move(pending_.back());
  pending_.pop_back();
  return message;
}

}  // namespace netlab
