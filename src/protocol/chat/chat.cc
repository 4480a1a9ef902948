#include "protocol/chat/chat.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "protocol/message/stream_conversation.h"

namespace netlab {
namespace {

// A message ends when the client finishes or pauses.
class PauseFraming : public Framing {
 public:
  explicit PauseFraming(const Chat& chat) : chat_(chat) {}

  std::optional<std::string> read(Stream& client, Network& network) override {
    std::string message;
    const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece_size);
    Instant message_deadline = never;
    for (;;) {
      std::size_t got = 0;
      try {
        got = client.read_some({buffer.get(), piece_size});
      } catch (const SystemError& error) {
        if (error.error() != ETIMEDOUT || message.empty() || network.now() >= message_deadline)
          throw;
        return message;
      }
      if (got == 0) return message;
      message.append(reinterpret_cast<const char*>(buffer.get()), got);
      if (message.size() > max_message)
        throw ProtocolError(fmt::format("message is longer than {} bytes", max_message));
      if (message_deadline == never)
        message_deadline = add_saturating(network.now(), chat_.stall_timeout);
      client.set_deadline(std::min(message_deadline, add_saturating(network.now(), chat_.pause)));
    }
  }

 private:
  const Chat& chat_;
};

class OneReply : public Conversation {
 public:
  explicit OneReply(const Chat& chat) : chat_(chat) {}
  Answer answer(std::string_view message) override {
    return {chat_.reply(std::string(message)), true};
  }

 private:
  const Chat& chat_;
};

}  // namespace

void serve_chat(const Chat& chat, Stream& client, Network& network) {
  const std::string peer = client.peer().text();
  if (chat.sink) chat.sink({"client", "handling client " + peer, {{"client", peer}}});
  OneReply conversation(chat);
  PauseFraming framing(chat);
  converse({.sink = chat.sink, .stall_timeout = chat.stall_timeout}, conversation, framing, client,
           network);
}

}  // namespace netlab
