#include "protocol/message/datagram_conversations.h"

#include <fmt/core.h>

#include <list>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/error.h"
#include "protocol/message/log_message.h"

namespace netlab {
namespace {

class DatagramServer {
 public:
  DatagramServer(const DatagramTalk& talk, DatagramSocket& datagrams)
      : talk_(talk), datagrams_(datagrams), own_port_(datagrams.local().port()) {
    if (talk.stateless) common_ = talk.begin();
  }

  void serve() {
    datagrams_.set_ttl(reply_ttl);
    while (!done_) {
      const auto messages = datagrams_.receive(next_expiry());
      for (const Datagram& message : messages) {
        answer(message);
        if (done_) break;
      }
      flush();
      expire();
    }
  }

 private:
  struct Peer {
    std::string address;
    std::unique_ptr<Conversation> conversation;
    Instant last;
  };

  void answer(const Datagram& message) {
    const std::string_view text(reinterpret_cast<const char*>(message.bytes.data()),
                                message.bytes.size());
    const std::string_view reason = unanswerable(message, own_port_);
    if (!reason.empty()) {
      report_unanswered(message.peer, reason);
      return;
    }
    Conversation* const conversation = conversation_with(message.peer);
    if (!conversation) return;
    log_message(talk_.sink, "received", "from", message.peer, text);
    Conversation::Answer answer = conversation->answer(text);
    done_ = talk_.once && (answer.over || talk_.stateless);
    if (!answer.text) return;
    // A stateless reply, e.g. an echo, is not worth a log line.
    if (!talk_.stateless) log_message(talk_.sink, "sent", "to", message.peer, *answer.text);
    reply_texts_.push_back(std::move(*answer.text));
    replies_.push_back({.bytes = {}, .peer = message.peer, .local = message.local});
  }

  // Sends the replies to one batch of received datagrams, with one system call if none fails.
  void flush() {
    for (std::size_t i = 0; i < reply_texts_.size(); ++i)
      replies_[i].bytes = bytes_of(reply_texts_[i]);
    for (std::span<const Datagram> left = replies_; !left.empty();) {
      try {
        left = left.subspan(datagrams_.send(left));
      } catch (const SystemError& error) {  // e.g. this peer is unreachable
        report_unanswered(left.front().peer, error.what());
        left = left.subspan(1);
      }
    }
    replies_.clear();
    reply_texts_.clear();
  }

  // Returns null if the peer is new and max_peers is reached.
  Conversation* conversation_with(const Address& address) {
    if (common_) return common_.get();
    const std::string key = address.text();
    auto found = by_address_.find(key);
    if (found == by_address_.end()) {
      if (peers_.size() >= talk_.max_peers) {
        report_unanswered(address, talk_.too_many_peers);
        return nullptr;
      }
      peers_.push_back({key, talk_.begin(), {}});
      found = by_address_.emplace(key, std::prev(peers_.end())).first;
    }
    peers_.splice(peers_.end(), peers_, found->second);  // keeps the longest idle first
    found->second->last = datagrams_.now();
    return found->second->conversation.get();
  }

  Instant next_expiry() const {
    return peers_.empty() ? never : add_saturating(peers_.front().last, talk_.idle_timeout);
  }

  void expire() {
    while (!peers_.empty() && next_expiry() <= datagrams_.now()) {
      const std::string address = peers_.front().address;
      by_address_.erase(address);
      peers_.pop_front();
      if (talk_.once && peers_.empty()) throw SystemError("wait for " + address, ETIMEDOUT);
    }
  }

  void report_unanswered(const Address& peer, std::string_view reason) const {
    if (!talk_.sink) return;
    talk_.sink({"unanswered",
                fmt::format("no reply to {}: {}", peer.text(), reason),
                {{"client", peer.text()}, {"message", std::string(reason)}}});
  }

  const DatagramTalk& talk_;
  DatagramSocket& datagrams_;
  std::uint16_t own_port_;
  std::unique_ptr<Conversation> common_;  // for all peers, if the protocol is stateless
  std::list<Peer> peers_;
  std::unordered_map<std::string, std::list<Peer>::iterator> by_address_;
  std::vector<std::string> reply_texts_;
  std::vector<Datagram> replies_;
  bool done_ = false;
};

}  // namespace

std::string_view unanswerable(const Datagram& message, std::uint16_t own_port) {
  const std::uint16_t port = message.peer.port();
  if (port == 0) return "its source port is 0";
  if (port == own_port && message.peer.host() == message.local.host())
    return "it was sent by this server";
  if (port <= last_system_port)
    return "its source is a system port, whose service may reply in turn";
  if (message.ttl > 0 && message.ttl <= reply_ttl) return "it is the reply of another server";
  if (message.truncated) return "it was truncated";
  return {};
}

void converse(const DatagramTalk& talk, DatagramSocket& datagrams) {
  DatagramServer(talk, datagrams).serve();
}

}  // namespace netlab
