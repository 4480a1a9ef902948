// The log: warnings, and with -v what goes on, a line each on standard error. spdlog stays in
// log.cc, for its headers cost more to compile than most of our files.
#pragma once

#include <fmt/core.h>

namespace netlab::log {

enum class Level { quiet, normal, verbose };

// Once, before any thread.
void start(Level level);

void write_warning(fmt::string_view format, fmt::format_args arguments);
void write_note(fmt::string_view format, fmt::format_args arguments);

// Something went wrong, and we go on. Silent with -q.
template <typename... Arguments>
void warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_warning(format, fmt::make_format_args(arguments...));
}

// Told with -v only.
template <typename... Arguments>
void note(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_note(format, fmt::make_format_args(arguments...));
}

}  // namespace netlab::log
