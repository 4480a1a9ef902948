#include "trace/trace.h"

#include <unistd.h>

namespace netlab::trace {

Sink* sink = nullptr;

void start(Sink& target) {
  sink = &target;
}

void stop() {
  sink = nullptr;
}

void write(std::string_view name, std::span<const Argument> arguments, std::int64_t result,
           bool by_io_uring) {
  sink->write({.time = Clock::now(),
               .thread = ::gettid(),
               .name = name,
               .arguments = arguments,
               .result = result,
               .by_io_uring = by_io_uring});
}

}  // namespace netlab::trace
