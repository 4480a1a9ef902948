// RemediableError is an error for which the user has a remedy. The command line appends the option
// for it to the message.
#pragma once

#include <string>

#include "base/error.h"

namespace netlab {

enum class Remedy {
  restart,    // transfer the whole file and replace the existing one
  recursive,  // transfer directories too
};

class RemediableError : public ProtocolError {
 public:
  RemediableError(const std::string& message, Remedy remedy)
      : ProtocolError(message), remedy_(remedy) {}

  Remedy remedy() const { return remedy_; }

 private:
  Remedy remedy_;
};

}  // namespace netlab
