// The log on standard error, one line per message: warnings, and notes on progress with -v. Only
// log.cc includes spdlog, because its headers take longer to compile than most of our files.
#pragma once

#include <fmt/core.h>

namespace netlab::log {

enum class Level { quiet, normal, verbose };

// Call it once, before any thread exists.
void start(Level level);

void write_warning(fmt::string_view format, fmt::format_args arguments);
void write_note(fmt::string_view format, fmt::format_args arguments);

// Reports a failure that does not end the program. Silent with -q.
template <typename... Arguments>
void warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_warning(format, fmt::make_format_args(arguments...));
}

// Printed only with -v.
template <typename... Arguments>
void note(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_note(format, fmt::make_format_args(arguments...));
}

}  // namespace netlab::log
