// Progress shows a transfer on standard error while a person watches and it takes more than a
// second: bytes, rate and time left, on one line that is written over.
#pragma once

#include <cstdint>

#include "command/output.h"
#include "socket/clock.h"

namespace netlab {

class Progress {
 public:
  explicit Progress(const Output& output) : watched_(output.watched()) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `size` bytes; size 0: not known.
  void update(std::uint64_t done, std::uint64_t size);
  // Takes it off the screen.
  void clear();

 private:
  bool watched_;
  bool shown_ = false;
  Instant started_ = Clock::now();
  Instant last_shown_ = started_;
  std::uint64_t first_done_ = 0;
  bool has_first_ = false;
};

// "1.5 MiB": binary units, as curl and ls -h count.
std::string size_text(std::uint64_t bytes);

}  // namespace netlab
