#include "transport/performer.h"

#include "base/error.h"

namespace netlab {

void Performer::sleep_until(Instant instant) {
  Operation sleep{.kind = Operation::Kind::sleep, .deadline = instant};
  perform(sleep);
  if (sleep.result == -ECANCELED) throw SystemError("sleep", ECANCELED);
}

}  // namespace netlab
