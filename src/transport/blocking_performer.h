// BlockingPerformer makes the call and blocks, as the lab sheets' programs do. Deadlines are
// enforced by the socket's own timeouts (SO_RCVTIMEO, SO_SNDTIMEO in socket(7)).
#pragma once

#include "transport/performer.h"

namespace netlab {

class BlockingPerformer : public Performer {
 public:
  void perform(Operation& operation) override;
};

}  // namespace netlab
