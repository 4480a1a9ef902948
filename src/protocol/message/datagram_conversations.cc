#include "protocol/message/datagram_conversations.h"

#include <fmt/core.h>

#include <list>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/message/log_message.h"

namespace netlab {
namespace {

// The ports of the system's services, many of which answer whatever comes (RFC 6335 section 6).
constexpr std::uint16_t last_system_port = 1023;

class DatagramServer {
 public:
  DatagramServer(const DatagramTalk& talk, DatagramSocket& datagrams)
      : talk_(talk), datagrams_(datagrams), own_port_(datagrams.local().port()) {
    if (talk.stateless) common_ = talk.begin();
  }

  void serve() {
    datagrams_.set_ttl(reply_ttl);
    while (!over_) {
      const auto messages = datagrams_.receive(next_expiry());
      for (const Datagram& message : messages) {
        answer(message);
        if (over_) break;
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
    const std::string_view why_not = unanswerable(message, own_port_);
    if (!why_not.empty()) {
      tell_unanswered(message.peer, why_not);
      return;
    }
    Conversation* const conversation = conversation_with(message.peer);
    if (!conversation) return;
    log_message(talk_.sink, "received", "from", message.peer, text);
    Conversation::Answer answer = conversation->answer(text);
    over_ = talk_.once && (answer.over || talk_.stateless);
    if (!answer.text) return;
    // An echo's answer is no news.
    if (!talk_.stateless) log_message(talk_.sink, "sent", "to", message.peer, *answer.text);
    texts_.push_back(std::move(*answer.text));
    answers_.push_back({.bytes = {}, .peer = message.peer, .local = message.local});
  }

  // One system call for the answers to all that one has brought.
  void flush() {
    for (std::size_t i = 0; i < texts_.size(); ++i) answers_[i].bytes = bytes_of(texts_[i]);
    for (std::span<const Datagram> left = answers_; !left.empty();) {
      try {
        left = left.subspan(datagrams_.send(left));
      } catch (const SystemError& error) {  // to this one there is no way
        tell_unanswered(left.front().peer, error.what());
        left = left.subspan(1);
      }
    }
    answers_.clear();
    texts_.clear();
  }

  // Null when there is no place for one more.
  Conversation* conversation_with(const Address& address) {
    if (common_) return common_.get();
    const std::string key = address.text();
    auto found = by_address_.find(key);
    if (found == by_address_.end()) {
      if (peers_.size() >= talk_.max_peers) {
        tell_unanswered(address, "there are too many peers (--max-peers)");
        return nullptr;
      }
      peers_.push_back({key, talk_.begin(), {}});
      found = by_address_.emplace(key, std::prev(peers_.end())).first;
    }
    peers_.splice(peers_.end(), peers_, found->second);  // the longest idle stay in front
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

  void tell_unanswered(const Address& peer, std::string_view why) const {
    if (!talk_.sink) return;
    talk_.sink({"unanswered",
                fmt::format("no answer to {}: {}", peer.text(), why),
                {{"client", peer.text()}, {"message", std::string(why)}}});
  }

  const DatagramTalk& talk_;
  DatagramSocket& datagrams_;
  std::uint16_t own_port_;
  std::unique_ptr<Conversation> common_;  // of a stateless protocol
  std::list<Peer> peers_;
  std::unordered_map<std::string, std::list<Peer>::iterator> by_address_;
  std::vector<std::string> texts_;
  std::vector<Datagram> answers_;
  bool over_ = false;
};

}  // namespace

std::string_view unanswerable(const Datagram& message, std::uint16_t own_port) {
  const std::uint16_t port = message.peer.port();
  if (port == 0) return "port 0 takes no answer";
  if (port == own_port && message.peer.host() == message.local.host())
    return "it is from this server itself";
  if (port <= last_system_port) return "a system service may be meant to answer it in turn";
  if (message.ttl > 0 && message.ttl <= reply_ttl) return "it is the answer of another server";
  if (message.truncated) return "it was longer than a datagram may be";
  return {};
}

void converse(const DatagramTalk& talk, DatagramSocket& datagrams) {
  DatagramServer(talk, datagrams).serve();
}

}  // namespace netlab
