#include "socket/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include <array>
#include <cstdlib>

#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

sigset_t block(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0)
    throw SystemError("pthread_sigmask", error);
  return set;
}

}  // namespace

Fd signals_as_descriptor(std::initializer_list<int> signals) {
  const sigset_t set = block(signals);
  Fd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw SystemError("signalfd");
  return fd;
}

void end_by_signal(std::initializer_list<int> signals) {
  for (const int signal : signals) ::signal(signal, SIG_DFL);
  const sigset_t set = set_of(signals);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);  // delivers the pending signal
  abort();
}

void block_broken_pipe() {
  block({SIGPIPE});
}

Fd stop_descriptor() {
  return call::event_descriptor();
}

void stop_now(const Fd& stop) {
  call::raise_event(stop.get());
}

bool take_stop(int stop) {
  // A signalfd yields 128 bytes per signal, an eventfd 8.
  std::array<std::byte, sizeof(signalfd_siginfo)> request{};
  return call::read(stop, request) > 0;
}

}  // namespace netlab
