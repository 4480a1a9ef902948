// Fiber is a function with its own stack that can stop in the middle and continue later: resume()
// runs it until it parks or ends, and park() returns control to the caller of resume(). A handler
// that waits for its client is thus ordinary straight-line code, although one loop serves thousands
// of clients. A fiber belongs to the thread that created it. Fibers themselves never block.
#pragma once

#include <functional>
#include <memory>

namespace netlab {

class Fiber {
 public:
  // The body must not throw.
  explicit Fiber(std::function<void()> body);
  // Allowed only before the first resume() or after the body has ended, because a parked body has
  // objects on its stack.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Called from outside the fiber, and not after its end.
  void resume();
  // Called from inside: parks the running fiber.
  static void park();

  bool done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace netlab
