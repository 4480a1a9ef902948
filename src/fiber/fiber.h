// Fiber is a function with a stack of its own, which can stop in the middle and go on later:
// resume() runs it until it parks or ends, park() gives control back to whoever resumed it. So a
// handler that waits for its client is ordinary straight-line code in a loop that serves thousands.
// A fiber belongs to the thread that made it; nothing here waits for anything.
#pragma once

#include <functional>
#include <memory>

namespace netlab {

class Fiber {
 public:
  // The body must not throw.
  explicit Fiber(std::function<void()> body);
  // Only before the first resume() or after the end: a parked body has objects on its stack.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // From outside the fiber, and not after its end.
  void resume();
  // From inside: the fiber that is running.
  static void park();

  bool done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace netlab
