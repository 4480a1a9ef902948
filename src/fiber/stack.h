// Stack is the memory that a fiber runs on: reserved pages, allocated when first touched. An
// inaccessible guard page below them makes an overflow crash instead of corrupting memory.
#pragma once

#include <cstddef>
#include <span>

namespace netlab {

class Stack {
 public:
  // Reuses the stack of an ended fiber of this thread, or maps a new one. Throws SystemError.
  Stack();
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  std::span<std::byte> memory() const { return memory_; }

 private:
  std::span<std::byte> memory_;  // without the guard page
};

}  // namespace netlab
