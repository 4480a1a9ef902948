// makecontext(3) puts a new fiber on its stack; from then on _setjmp and _longjmp switch, for they
// make no system call where swapcontext(3) makes one (it saves the signal mask).
#undef _FORTIFY_SOURCE  // whose longjmp takes a jump to another stack for an attack

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
namespace {

// The exceptions being caught or thrown right now belong to a stack, but the C++ runtime keeps them
// by thread: they are changed with the stack, so that a fiber may park inside a catch block.
// Itanium C++ ABI, 2.2.2 "Caught Exception Stack".
struct Exceptions {
  void* caught = nullptr;
  unsigned int uncaught = 0;

  static Exceptions& of_this_thread() {
    return *reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
  }
};

}  // namespace

struct Fiber::State {
  std::function<void()> body;
  Stack stack;
  jmp_buf inside;   // where the fiber goes on
  jmp_buf outside;  // where resume() goes on
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
  // makecontext(3) passes ints only, so the pointer comes in two halves.
  auto* const state =
      reinterpret_cast<State*>(static_cast<std::uintptr_t>(high) << 32 | std::uintptr_t{low});
  sanitizer::arrived(state->fiber_side, state->resumer_side);
  state->body();
  state->body = nullptr;  // what the body held is destroyed here, on its own stack
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
  Fiber* const before = std::exchange(current, this);
  std::swap(state_->exceptions, Exceptions::of_this_thread());
  state_->enter();
  std::swap(state_->exceptions, Exceptions::of_this_thread());
  current = before;
}

void Fiber::park() {
  assert(current);
  current->state_->leave();
}

bool Fiber::done() const {
  return state_->done;
}

}  // namespace netlab
