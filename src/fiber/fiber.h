// Fiber is a function with its own stack that can stop in the middle and continue later: resume()
// runs it until it parks or ends, and park() returns control to the caller of resume(). A handler
// that waits for its client is thus ordinary straight-line code, although one loop serves thousands
// of clients. A fiber belongs to the thread that created it. Fibers themselves never block.
//
// Many fibers can run on one shared stack, one at a time. While a fiber is parked, its part of the
// stack, often about 1 KiB, is kept in a buffer of exactly that size as soon as another fiber needs
// the space. Ten thousand waiting clients thus need some 10 MiB instead of ten thousand stacks, and
// their data stays in the processor's caches. In return, no pointer to a local variable of such a
// fiber may be used while it is parked: not by the kernel, not by the loop, not by another fiber.
#pragma once

#include <functional>
#include <memory>

namespace netlab {

class SharedStack;

class Fiber {
 public:
  // The body must not throw. Runs on `shared`, which must outlive the fiber, or, if that is null,
  // on a stack of its own.
  explicit Fiber(std::function<void()> body, SharedStack* shared = nullptr);
  // Allowed only before the first resume() or after the body has ended, because a parked body has
  // objects on its stack.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Called from outside the fiber, not from another fiber on its shared stack, and not after its
  // end.
  void resume();
  // Called from inside: parks the running fiber.
  static void park();

  bool done() const;

 private:
  friend class SharedStack;
  struct State;
  std::unique_ptr<State> state_;
};

class SharedStack {
 public:
  SharedStack();
  ~SharedStack();
  SharedStack(const SharedStack&) = delete;
  SharedStack& operator=(const SharedStack&) = delete;

 private:
  friend class Fiber;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace netlab
