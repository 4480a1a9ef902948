// EventLog records the lines that would be printed for the user.
#pragma once

#include <string>
#include <vector>

#include "base/event.h"

namespace netlab {

struct EventLog {
  std::vector<std::string> lines;

  EventSink sink() {
    return [this](const Event& event) { lines.push_back(event.text); };
  }
};

}  // namespace netlab
