// Signals and requests to stop as descriptors, which poll(2) and epoll(7) can wait for.
#pragma once

#include <initializer_list>

#include "socket/fd.h"

namespace netlab {

// From now on these signals are read from the descriptor instead of being delivered: to be called
// before any thread exists (signalfd(2)).
Fd signals_as_descriptor(std::initializer_list<int> signals);

// The process dies of that of these signals that has come, as it would have if they had not been
// read from a descriptor: whoever started it sees so.
[[noreturn]] void end_by_signal(std::initializer_list<int> signals);

// sendfile(2) to a client that is gone raises SIGPIPE, whatever the flags of the socket. In this
// thread, and those and the processes that it starts, it is but the error EPIPE.
void block_broken_pipe();

// For a server in a thread of the program: stop_now() is what makes it readable (eventfd(2)).
Fd stop_descriptor();
void stop_now(const Fd& stop);

// Takes one request to stop; false when there is none.
bool take_stop(int stop);

}  // namespace netlab
