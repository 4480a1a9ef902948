// makecontext(3) starts a new fiber on its stack. After that, _setjmp and _longjmp switch, because
// they make no system call; swapcontext(3) makes one to save the signal mask.
#undef _FORTIFY_SOURCE  // its longjmp aborts on a jump to another stack

#include "fiber/fiber.h"

#include <cxxabi.h>
#include <setjmp.h>
#include <ucontext.h>

#include <cassert>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "base/error.h"
#include "fiber/sanitizer.h"
#include "fiber/stack.h"

namespace netlab {

// The sanitizers track what is valid on each stack, which copying it would invalidate. In their
// builds each fiber has a stack of its own.
#ifdef NETLAB_SANITIZED
constexpr bool can_share = false;
#else
constexpr bool can_share = true;
#endif

struct SharedStack::State {
  Stack stack;
  Fiber::State* occupant = nullptr;  // the fiber whose data is on the stack; null: none
};

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

  State(std::function<void()> function, SharedStack::State* shared_stack)
      : body(std::move(function)),
        shared(shared_stack),
        own(shared_stack ? nullptr : std::make_unique<Stack>()) {}
  std::span<std::byte> stack() const { return shared ? shared->stack.memory() : own->memory(); }

  std::function<void()> body;
  SharedStack::State* const shared;  // null: runs on `own`
  const std::unique_ptr<Stack> own;
  std::byte* lowest = nullptr;  // what the parked fiber uses of the stack begins here
  std::unique_ptr<std::byte[]> saved;
  std::size_t saved_size = 0;
  jmp_buf inside;              // where the fiber continues
  jmp_buf* outside = nullptr;  // where resume() continues: on the stack of its caller
  bool started = false;
  bool done = false;
  Exceptions exceptions;
  sanitizer::Side fiber_side{stack()};
  sanitizer::Side resumer_side;

  void occupy();
  void save();
  void enter();
  void leave();
  void start();
  static void main(unsigned int high, unsigned int low);
};

namespace {
thread_local Fiber* current = nullptr;

// The address right below everything that the caller has on the stack.
[[gnu::noinline]] std::byte* below_caller() {
  return static_cast<std::byte*>(__builtin_frame_address(0));
}
}  // namespace

// Makes the shared stack this fiber's.
void Fiber::State::occupy() {
  if (!shared || shared->occupant == this) return;
  if (shared->occupant) shared->occupant->save();
  shared->occupant = this;
  if (started) std::memcpy(lowest, saved.get(), saved_size);
}

void Fiber::State::save() {
  const auto used = static_cast<std::size_t>(stack().data() + stack().size() - lowest);
  if (used != saved_size) saved = std::make_unique_for_overwrite<std::byte[]>(used);
  saved_size = used;
  std::memcpy(saved.get(), lowest, used);
}

void Fiber::State::main(unsigned int high, unsigned int low) {
  // makecontext(3) passes only ints, so the pointer is passed in two halves.
  auto* const state =
      reinterpret_cast<State*>(static_cast<std::uintptr_t>(high) << 32 | std::uintptr_t{low});
  sanitizer::arrived(state->fiber_side, state->resumer_side);
  state->body();
  state->body = nullptr;  // what the body holds is destroyed here, on its own stack
  state->done = true;
  if (state->shared) state->shared->occupant = nullptr;
  sanitizer::leaving_for_good(state->resumer_side);
  _longjmp(*state->outside, 1);
}

void Fiber::State::start() {
  ucontext_t context;
  if (getcontext(&context) != 0) throw SystemError("getcontext");
  context.uc_stack.ss_sp = stack().data();
  context.uc_stack.ss_size = stack().size();
  context.uc_link = nullptr;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&context, reinterpret_cast<void (*)()>(&State::main), 2,
              static_cast<unsigned int>(self >> 32), static_cast<unsigned int>(self));
  started = true;
  if (_setjmp(*outside) == 0) {
    sanitizer::leaving(resumer_side, fiber_side);
    setcontext(&context);
    throw SystemError("setcontext");
  }
}

void Fiber::State::enter() {
  jmp_buf here;
  outside = &here;
  if (!started) {
    start();
  } else if (_setjmp(here) == 0) {
    sanitizer::leaving(resumer_side, fiber_side);
    _longjmp(inside, 1);
  }
  sanitizer::arrived(resumer_side, fiber_side);
}

// Not inlined, so that its frame is the last one below the fiber's.
[[gnu::noinline]] void Fiber::State::leave() {
  lowest = below_caller();
  if (_setjmp(inside) == 0) {
    sanitizer::leaving(fiber_side, resumer_side);
    _longjmp(*outside, 1);
  }
  sanitizer::arrived(fiber_side, resumer_side);
}

Fiber::Fiber(std::function<void()> body, SharedStack* shared)
    : state_(std::make_unique<State>(std::move(body),
                                     shared && can_share ? shared->state_.get() : nullptr)) {}

Fiber::~Fiber() {
  assert(!state_->started || state_->done);
}

void Fiber::resume() {
  assert(!state_->done);
  Fiber* const previous = std::exchange(current, this);
  state_->occupy();
  std::swap(state_->exceptions, State::Exceptions::of_this_thread());
  state_->enter();
  std::swap(state_->exceptions, State::Exceptions::of_this_thread());
  current = previous;
}

void Fiber::park() {
  assert(current);
  current->state_->leave();
}

SharedStack::SharedStack() : state_(std::make_unique<State>()) {}

SharedStack::~SharedStack() = default;

bool Fiber::done() const {
  return state_->done;
}

}  // namespace netlab
