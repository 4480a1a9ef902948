#include "transport/udp_client.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"

namespace netlab {

DatagramClient::DatagramClient(std::vector<Address> addresses, int cut)
    : addresses_(std::move(addresses)), cut_(cut) {
  open();
}

// A machine without IPv6 has no way to the server's IPv6 address: on to the next.
void DatagramClient::open() {
  for (;; ++tried_) {
    try {
      udp_ = Udp::to(performer_, server());
      udp_->end_waits_by(cut_);
      return;
    } catch (const SystemError&) {
      if (tried_ + 1 == addresses_.size()) throw;
    }
  }
}

bool DatagramClient::goes_on_elsewhere(int error) {
  if (error != ECONNREFUSED) return false;
  const SystemError refusal("nothing listens on " + server().text(), error);
  if (answered_ || addresses_.size() == 1) throw refusal;
  const bool was_last = tried_ + 1 == addresses_.size();
  tried_ = was_last ? 0 : tried_ + 1;
  open();
  if (was_last) throw refusal;
  return true;
}

void DatagramClient::send(const std::string& message) {
  last_sent_ = message;
  for (;;) {
    const Message datagram{.bytes = bytes_of(message), .peer = server()};
    try {
      udp_->send({&datagram, 1});
      return;
    } catch (const SystemError& error) {
      if (!goes_on_elsewhere(error.error())) throw;
    }
  }
}

std::optional<std::string> DatagramClient::receive(Instant deadline) {
  while (waiting_.empty()) {
    try {
      const auto messages = udp_->receive(deadline);
      if (messages.empty()) return std::nullopt;
      answered_ = true;
      for (const Message& message : messages)
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
