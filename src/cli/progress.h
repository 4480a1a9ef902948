// Progress reports a transfer that takes longer than a second. On a terminal it redraws one line of
// standard error with the bytes, the rate and the time left. With --json it prints an event per
// second to standard output.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "cli/output.h"

namespace netlab {

class Progress {
 public:
  // `events`: whether standard output is free for events. The output must outlive the progress.
  // `now` returns the time.
  Progress(
      const Output& output, bool events, Instant (*now)() = [] { return Clock::now(); })
      : output_(output),
        is_terminal_(output.stderr_is_tty()),
        events_(output.json && events),
        now_(now) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Reports that `done` of `size` bytes have been transferred; size 0: unknown.
  void update(std::uint64_t done, std::uint64_t size);
  // Erases the line on the terminal.
  void clear();

 private:
  void show(std::uint64_t done, std::uint64_t size, double rate);

  const Output& output_;
  bool is_terminal_;
  bool events_;
  Instant (*now_)();
  bool shown_ = false;
  Instant started_ = now_();
  Instant last_shown_ = started_;
  std::uint64_t first_done_ = 0;
  bool has_first_ = false;
};

// Formats a size in binary units, e.g. "1.5 MiB".
std::string size_text(std::uint64_t bytes);

}  // namespace netlab
