// Stack is the memory a fiber runs on: reserved, not yet used pages, with a page below that may not
// be touched, so that an overflow is a crash and not a corruption.
#pragma once

#include <cstddef>
#include <span>

namespace netlab {

class Stack {
 public:
  // Takes a stack that an ended fiber of this thread left, or maps one. Throws SystemError.
  Stack();
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  std::span<std::byte> memory() const { return memory_; }

 private:
  std::span<std::byte> memory_;  // without the guard page
};

}  // namespace netlab
