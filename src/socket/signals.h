// Turns signals and stop requests into descriptors, which poll(2) and epoll(7) can wait for.
#pragma once

#include <initializer_list>

#include "socket/fd.h"

namespace netlab {

// From now on, these signals are read from the returned descriptor instead of being delivered
// (signalfd(2)). Call it before any thread exists.
Fd signals_as_descriptor(std::initializer_list<int> signals);

// Ends the process by whichever of these signals is pending, as if it had never been blocked, so
// its parent sees the cause in the wait status.
[[noreturn]] void end_by_signal(std::initializer_list<int> signals);

// Blocks SIGPIPE in this thread and in all threads and processes that it starts: sendfile(2) to a
// closed connection then only fails with EPIPE. No flag of the call or the socket prevents the
// signal.
void block_broken_pipe();

// For a server in a thread of the program: a descriptor that stop_now() makes readable
// (eventfd(2)).
Fd stop_descriptor();
void stop_now(const Fd& stop);

// Reads one stop request; returns false if there is none.
bool take_stop(int stop);

}  // namespace netlab
