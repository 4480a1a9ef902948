#include "protocol/message/log_message.h"

#include <fmt/core.h>

#include "base/escape.h"

namespace netlab {

void log_message(const EventSink& sink, std::string_view name, std::string_view preposition,
                 const Address& peer, std::string_view message) {
  if (!sink) return;
  sink({name,
        fmt::format("{} {} bytes {} {}: {}", name, message.size(), preposition, peer.text(),
                    escaped_start(message)),
        {{"client", peer.text()},
         {"bytes", std::uint64_t{message.size()}},
         {"text", std::string(message)}}});
}

}  // namespace netlab
