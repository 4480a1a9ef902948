// StraceText prints each call as it returns, one line on standard error in strace's notation, with
// the seconds since it was created (--trace).
#pragma once

#include <string>

#include "trace/trace.h"

namespace netlab::trace {

class StraceText : public Sink {
 public:
  // Must be created by the main thread.
  StraceText();

  void write(const CallRecord& record) override;

 private:
  Instant started_ = Clock::now();
  pid_t main_thread_;
};

// The argument in strace's notation; at most 32 bytes of a buffer.
std::string text(const Argument& argument);

}  // namespace netlab::trace
