// Fd owns one file descriptor and closes it in its destructor. It can be moved, but not copied.
// Only Fd calls close(2).
#pragma once

#include <utility>

namespace netlab {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

  // Gives up ownership without closing the descriptor.
  int release() { return std::exchange(number_, -1); }
  void reset();

 private:
  int number_ = -1;
};

}  // namespace netlab
