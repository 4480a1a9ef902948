#include "socket/shared_counters.h"

#include <sys/mman.h>

#include "base/error.h"

namespace netlab {

SharedCounters::SharedCounters(std::size_t count) : counters_(nullptr, Unmap{count}) {
  void* const memory = mmap(nullptr, count * sizeof(Counter), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw SystemError("mmap");
  counters_.reset(static_cast<Counter*>(memory));  // all zero, as mmap(2) returns it
}

void SharedCounters::Unmap::operator()(Counter* counters) const {
  munmap(counters, count * sizeof *counters);
}

}  // namespace netlab
