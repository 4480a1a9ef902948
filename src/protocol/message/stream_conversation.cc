#include "protocol/message/stream_conversation.h"

#include "base/bytes.h"
#include "protocol/message/log_message.h"
#include "transport/lingering_close.h"

namespace netlab {
namespace {

void send_reply(const Talk& talk, const Framing& framing, const std::string& text, Stream& client,
                Network& network) {
  client.set_deadline(add_saturating(network.now(), talk.stall_timeout));
  client.write_all(bytes_of(framing.framed(text)));
  log_message(talk.sink, "sent", "to", client.peer(), text);
  client.set_deadline(add_saturating(network.now(), talk.idle_timeout));
}

}  // namespace

void converse(const Talk& talk, Conversation& conversation, Framing& framing, Stream& client,
              Network& network) {
  if (const auto greeting = conversation.greeting())
    send_reply(talk, framing, *greeting, client, network);
  for (bool over = false; !over;) {
    const auto message = framing.read(client, network);
    if (!message) break;
    log_message(talk.sink, "received", "from", client.peer(), *message);
    const Conversation::Answer answer = conversation.answer(*message);
    client.set_deadline(add_saturating(network.now(), talk.idle_timeout));
    if (answer.text) send_reply(talk, framing, *answer.text, client, network);
    over = answer.over;
  }
  lingering_close(client, network);
}

}  // namespace netlab
