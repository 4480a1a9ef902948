// Fd owns one file descriptor: it is closed once, by the destructor, and can be moved but not
// copied. The only close(2) of the project is in fd.cc.
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

  // Gives the descriptor up without closing it.
  int release() { return std::exchange(number_, -1); }
  void reset();

 private:
  int number_ = -1;
};

}  // namespace netlab
