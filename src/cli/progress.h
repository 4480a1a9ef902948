// Progress shows a transfer that takes more than a second: to a person who watches standard error
// bytes, rate and time left, on one line that is written over; to a program, with --json, an event
// a second.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "cli/output.h"

namespace netlab {

class Progress {
 public:
  // `events`: whether standard output is free for them.
  Progress(const Output& output, bool events)
      : output_(output), watched_(output.stderr_is_tty()), events_(output.json && events) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `size` bytes; size 0: not known.
  void update(std::uint64_t done, std::uint64_t size);
  // Takes it off the screen.
  void clear();

 private:
  void show(std::uint64_t done, std::uint64_t size, double rate);

  const Output& output_;
  bool watched_;
  bool events_;
  bool shown_ = false;
  Instant started_ = Clock::now();
  Instant last_shown_ = started_;
  std::uint64_t first_done_ = 0;
  bool has_first_ = false;
};

// "1.5 MiB": binary units, as curl and ls -h count.
std::string size_text(std::uint64_t bytes);

}  // namespace netlab
