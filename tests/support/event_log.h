// EventLog keeps the lines that a user would be told.
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
