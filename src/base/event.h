// Event is something reported to the user: a line of text, or an object with --json. Protocols
// report what happened; the command decides how it is printed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace netlab {

struct Event {
  using Value = std::variant<std::string, std::uint64_t, double, bool>;

  std::string_view name;  // "listening", "received", ...
  std::string text;       // one line; parts from a peer are already escaped
  std::vector<std::pair<std::string_view, Value>> fields;
};

// Called from any thread or process of a server. If empty, events need not be formatted.
using EventSink = std::function<void(const Event&)>;

}  // namespace netlab
