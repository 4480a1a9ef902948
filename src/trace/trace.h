// Tracing: each system call on a socket is reported as a CallRecord to a Sink. While there is no
// sink, a call costs one load and a branch: the arguments are views, and nothing is formatted.
#pragma once

#include <type_traits>

#include "trace/call_record.h"

namespace netlab::trace {

class Sink {
 public:
  virtual ~Sink() = default;
  // Called by any thread, and in child processes. Must not throw, and must not make traced calls.
  virtual void write(const CallRecord& record) = 0;
};

// Set once by start(), before any thread exists; read everywhere.
extern Sink* sink;
// The sink must outlive all calls.
void start(Sink& sink);
void stop();

// Fills in the time and the thread, and writes the record to the sink.
void write(std::string_view name, std::span<const Argument> arguments, std::int64_t result,
           bool by_io_uring);

template <typename Value>
Argument argument(const Value& value) {
  if constexpr (std::is_integral_v<Value>)
    return Number{static_cast<std::int64_t>(value)};
  else if constexpr (std::is_convertible_v<Value, const char*>)
    return Literal{value};
  else
    return value;
}

template <typename... Arguments>
inline void report(std::int64_t result, const char* name, bool by_io_uring,
                   const Arguments&... arguments) {
  if (!sink) [[likely]]
    return;
  const Argument all[] = {argument(arguments)...};
  write(name, all, result, by_io_uring);
}

// Reports a call. `result`: as the kernel returned it, or -errno. An argument is one of Argument's
// types, an integer (Number) or a string (Literal).
template <typename... Arguments>
inline void call(std::int64_t result, const char* name, const Arguments&... arguments) {
  report(result, name, false, arguments...);
}

// Reports an operation that io_uring carried out.
template <typename... Arguments>
inline void io_uring(std::int64_t result, const char* name, const Arguments&... arguments) {
  report(result, name, true, arguments...);
}

}  // namespace netlab::trace
