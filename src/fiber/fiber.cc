// makecontext(3) starts a new fiber on its stack. After that, _setjmp and _longjmp switch, because
// they make no system call; swapcontext(3) makes one to save the signal mask.
#undef _FORTIFY_SOURCE  // its longjmp aborts on a jump to another stack

#include "fiber/fiber.h"

#include <cxxabi.h>
#include <setjmp.h>
#include <ucontext.h>

#include <cassert>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "fiber/sanitizer.h"
#include "fiber/stack.h"

namespace netlab {
struct Fiber::State {
  // The C++ runtime keeps the exceptions being thrown or caught per thread, although they belong to
  // a stack. Switching them with the stack allows a fiber to park inside a catch block (Itanium C++
  // ABI, 2.2.2 "Caught Exception Stack").
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;

    static Exceptions& of_this_thread() {
      return *reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
    }
  };

  std::function<void()> body;
  Stack stack;
  jmp_buf inside;   // where the fiber continues
  jmp_buf outside;  // where resume() continues
  bool started = false;
  bool done = false;
  Exceptions exceptions;
  sanitizer::Side fiber_side{stack.memory()};
  sanitizer::Side resumer_side;

  void enter();
  void leave();
  void start();
  static void main(unsigned int high, unsigned int low);
};

namespace {
thread_local Fiber* current = nullptr;
}

void Fiber::State::main(unsigned int high, unsigned int low) {
  // makecontext(3) passes only ints, so the pointer is passed in two halves.
  auto* const state =
      reinterpret_cast<State*>(static_cast<std::uintptr_t>(high) << 32 | std::uintptr_t{low});
  sanitizer::arrived(state->fiber_side, state->resumer_side);
  state->body();
  state->body = nullptr;  // what the body holds is destroyed here, on its own stack
  state->done = true;
  sanitizer::leaving_for_good(state->resumer_side);
  _longjmp(state->outside, 1);
}

void Fiber::State::start() {
  ucontext_t context;
  if (getcontext(&context) != 0) throw SystemError("getcontext");
  context.uc_stack.ss_sp = stack.memory().data();
  context.uc_stack.ss_size = stack.memory().size();
  context.uc_link = nullptr;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&context, reinterpret_cast<void (*)()>(&State::main), 2,
              static_cast<unsigned int>(self >> 32), static_cast<unsigned int>(self));
  started = true;
  if (_setjmp(outside) == 0) {
    sanitizer::leaving(resumer_side, fiber_side);
    setcontext(&context);
  }
}

void Fiber::State::enter() {
  if (!started) {
    start();
  } else if (_setjmp(outside) == 0) {
    sanitizer::leaving(resumer_side, fiber_side);
    _longjmp(inside, 1);
  }
  sanitizer::arrived(resumer_side, fiber_side);
}

void Fiber::State::leave() {
  if (_setjmp(inside) == 0) {
    sanitizer::leaving(fiber_side, resumer_side);
    _longjmp(outside, 1);
  }
  sanitizer::arrived(fiber_side, resumer_side);
}

Fiber::Fiber(std::function<void()> body) : state_(std::make_unique<State>()) {
  state_->body = std::move(body);
}

Fiber::~Fiber() {
  assert(!state_->started || state_->done);
}

void Fiber::resume() {
  assert(!state_->done);
  Fiber* const previous = std::exchange(current, this);
  std::swap(state_->exceptions, State::Exceptions::of_this_thread());
  state_->enter();
  std::swap(state_->exceptions, State::Exceptions::of_this_thread());
  current = previous;
}

void Fiber::park() {
  assert(current);
  current->state_->leave();
}

bool Fiber::done() const {
  return state_->done;
}

}  // namespace netlab
