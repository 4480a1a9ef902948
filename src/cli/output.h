// Output is what a command tells its user: results on standard output, everything else on standard
// error. Each line is one write(2), so that those of several threads or processes do not mix. What
// remark(), fail() and a teller() show may have names in it that came from a peer: control bytes
// are escaped here, whatever was forgotten before.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/escape.h"
#include "base/event.h"

namespace netlab {

class Output {
 public:
  // `--json`: lines on standard output are JSON objects. `-q`: no events but the indispensable.
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool trace = false;
  std::string color = "auto";  // "always", "never"

  // Once the options are known, before anything else.
  void start();

  // An event on standard output, unless -q. Throws SystemError.
  void event(const Event& event) const;
  // One that scripts rely on: shown with -q as well.
  void always(const Event& event) const;
  // For servers: what tell() does, but one that nobody reads any more goes on serving. Empty with
  // -q, so that nobody formats what nobody reads.
  EventSink sink() const;
  // The one line of a failed job: on standard error, and with --json as an event as well.
  void fail(std::string_view command, std::string_view why) const;
  // Standard output has a file's bytes: fail() leaves it alone.
  void leave_standard_output() const { is_for_bytes_ = true; }
  // A line on standard error, unless -q.
  void note(std::string_view line) const;
  // Whether a person watches standard error, and may be shown what moves.
  bool stderr_is_tty() const;

 private:
  bool colored() const;

  mutable bool is_for_bytes_ = false;
};

// Raw bytes on standard output, that may come in pieces; on a terminal they are escaped but for
// line feeds and tabs, and finish() ends the line if they did not. Throws SystemError.
class RawResult {
 public:
  RawResult();
  void write(std::string_view bytes);
  void finish();
  // Ends the line for whoever reads it.
  void finish_line();

 private:
  std::optional<Escaper> escaper_;  // on a terminal
  bool ends_line_ = false;          // what was written there
};

}  // namespace netlab
