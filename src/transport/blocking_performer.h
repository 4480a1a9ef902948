// BlockingPerformer makes the call and blocks, as the lab sheets' programs do. Deadlines are the
// socket's own time-outs (SO_RCVTIMEO, SO_SNDTIMEO in socket(7)).
#pragma once

#include "transport/performer.h"

namespace netlab {

class BlockingPerformer : public Performer {
 public:
  void perform(Operation& operation) override;
};

}  // namespace netlab
