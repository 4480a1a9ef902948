#include "protocol/chat.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "protocol/escape.h"
#include "protocol/linger.h"
#include "socket/bytes.h"
#include "socket/error.h"

namespace netlab {
namespace {

constexpr std::size_t piece_size = 64 * 1024;

// Reads until the client finishes or pauses. The first byte has the deadline that the stream has.
std::string read_message(const Chat& chat, Stream& client, Network& network) {
  std::string message;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece_size);
  Instant whole = never;
  for (;;) {
    std::size_t got = 0;
    try {
      got = client.read_some({buffer.get(), piece_size});
    } catch (const SystemError& error) {
      if (error.error() != ETIMEDOUT || message.empty() || network.now() >= whole) throw;
      return message;
    }
    if (got == 0) return message;
    message.append(reinterpret_cast<const char*>(buffer.get()), got);
    if (message.size() > max_message)
      throw ProtocolError(fmt::format("a message of more than {} bytes", max_message));
    if (whole == never) whole = later(network.now(), chat.stall_timeout);
    client.set_deadline(std::min(whole, later(network.now(), chat.pause)));
  }
}

void tell_of(const Chat& chat, std::string_view name, std::string_view preposition,
             const std::string& peer, const std::string& message) {
  if (!chat.tell) return;
  chat.tell({name,
             fmt::format("{} {} bytes {} {}: {}", name, message.size(), preposition, peer,
                         escaped_start(message)),
             {{"client", peer}, {"bytes", std::uint64_t{message.size()}}, {"text", message}}});
}

}  // namespace

void serve_chat(const Chat& chat, Stream& client, Network& network) {
  const std::string peer = client.peer().text();
  if (chat.tell) chat.tell({"client", "handling client " + peer, {{"client", peer}}});
  const std::string message = read_message(chat, client, network);
  tell_of(chat, "received", "from", peer, message);
  if (const auto reply = chat.reply(message)) {
    client.set_deadline(later(network.now(), chat.stall_timeout));
    client.write_all(bytes_of(*reply));
    tell_of(chat, "sent", "to", peer, *reply);
  }
  linger(client, network);
}

}  // namespace netlab
