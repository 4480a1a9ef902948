// The event of a message that came or went, as every protocol of messages tells it.
#pragma once

#include "base/address.h"
#include "base/event.h"

namespace netlab {

// "received 5 bytes from 127.0.0.1:40000: hello": the start of it, escaped.
void log_message(const EventSink& sink, std::string_view name, std::string_view preposition,
                 const Address& peer, std::string_view message);

}  // namespace netlab
