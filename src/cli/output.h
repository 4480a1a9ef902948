// Output prints a command's results to standard output, and everything else to standard error. Each
// line is one write(2), so lines from several threads or processes do not mix. note(), fail() and
// sink() escape control bytes, because their texts may contain names received from a peer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/escape.h"
#include "base/event.h"

namespace netlab {

class Output {
 public:
  bool json = false;   // --json: events are JSON objects, one per line
  bool quiet = false;  // -q: only always() and fail() print
  bool verbose = false;
  bool trace = false;
  std::string color = "auto";  // "always", "never"

  // Starts logging and tracing as the options request. Called once, before the command runs.
  void start();

  // Prints an event to standard output, unless -q. Throws SystemError.
  void event(const Event& event) const;
  // Prints an event that scripts rely on, even with -q. Throws SystemError.
  void always(const Event& event) const;
  // Returns a sink that prints a server's events. It logs a failed write instead of throwing, so
  // that the server keeps serving. Empty with -q, so that callers need not format events. The
  // output must outlive it.
  EventSink sink() const;
  // Prints why a command failed: one line on standard error and, with --json, an event on standard
  // output. Ignores write errors.
  void fail(std::string_view command, std::string_view why) const;
  // Call before writing a file's bytes to standard output: fail() then prints no event there.
  void leave_standard_output() const { stdout_has_file_ = true; }
  // Prints a line to standard error, unless -q. Ignores write errors.
  void note(std::string_view line) const;
  // Whether standard error is a terminal on which to show progress; false with -q or --json.
  bool stderr_is_tty() const;

 private:
  bool colored() const;

  mutable bool stdout_has_file_ = false;
};

// RawResult writes raw bytes to standard output, in one or more pieces. On a terminal it escapes
// control bytes other than line feeds and tabs, and finish() ends an unfinished line. Every member
// function throws SystemError.
class RawResult {
 public:
  RawResult();
  void write(std::string_view bytes);
  void finish();
  // The same, but also writes a line feed if standard output is not a terminal.
  void finish_line();

 private:
  std::optional<Escaper> escaper_;  // on a terminal
  bool ends_line_ = false;          // whether the last bytes on the terminal were a complete line
};

}  // namespace netlab
