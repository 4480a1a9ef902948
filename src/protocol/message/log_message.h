// Reports a message that was received or sent. All message protocols use the same event.
#pragma once

#include "base/address.h"
#include "base/event.h"

namespace netlab {

// E.g. "received 5 bytes from 127.0.0.1:40000: hello". The log line contains the start of the
// message, escaped.
void log_message(const EventSink& sink, std::string_view name, std::string_view preposition,
                 const Address& peer, std::string_view message);

}  // namespace netlab
