// Event is something a user is told of: a line of text, or with --json an object. Protocols say
// what happened; the command decides how it looks.
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
  std::string text;       // one line, already escaped where it came from a peer
  std::vector<std::pair<std::string_view, Value>> fields;
};

// Called from any thread or process of a server. Empty: nobody listens, nothing need be formatted.
using EventSink = std::function<void(const Event&)>;

}  // namespace netlab
