// Captured redirects standard output or standard error to a temporary file during its lifetime, and
// returns what was written.
#pragma once

#include <stdio.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>

#include "socket/syscalls.h"

namespace netlab {

class Captured {
 public:
  explicit Captured(int descriptor)
      : descriptor_(descriptor), before_(call::duplicate(descriptor)) {
    flush();
    dup2(fileno(file_), descriptor_);
  }
  ~Captured() {
    end();
    fclose(file_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  // Ends the capture and returns its text.
  std::string text() {
    end();
    std::string text(static_cast<std::size_t>(lseek(fileno(file_), 0, SEEK_END)), '\0');
    call::read_at(fileno(file_), std::as_writable_bytes(std::span(text)), 0);
    return text;
  }

 private:
  static void flush() {
    std::cout.flush();
    std::cerr.flush();
    fflush(stdout);
    fflush(stderr);
  }
  void end() {
    flush();
    if (before_) dup2(before_.get(), descriptor_);
    before_.reset();
  }

  FILE* file_ = tmpfile();
  int descriptor_;
  Fd before_;
};

}  // namespace netlab
