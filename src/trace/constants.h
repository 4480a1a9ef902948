// The names of the socket API's constants, as in the man pages.
#pragma once

#include <string>

#include "trace/call_record.h"

namespace netlab::trace {

// "SOCK_STREAM|SOCK_CLOEXEC"; a constant that is not in the tables is printed as a number.
std::string text(const Flag& flag);

// "POLLIN|POLLOUT" (poll(2)).
std::string poll_events(int events);

}  // namespace netlab::trace
