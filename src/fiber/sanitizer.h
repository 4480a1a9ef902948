// Announces each switch of stacks to AddressSanitizer and ThreadSanitizer, which otherwise report
// it as an error (sanitizer/common_interface_defs.h, sanitizer/tsan_interface.h). In other builds,
// all of this compiles to nothing.
#pragma once

#include <cstddef>
#include <span>

#if defined(__SANITIZE_ADDRESS__)
#define NETLAB_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NETLAB_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define NETLAB_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NETLAB_TSAN 1
#endif
#endif

#ifdef NETLAB_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef NETLAB_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace netlab::sanitizer {

// One of the two stacks between which control passes.
struct Side {
  Side() = default;  // the resumer's; its bounds become known on arrival
  explicit Side(std::span<std::byte> memory) : bottom(memory.data()), size(memory.size()) {
#ifdef NETLAB_TSAN
    tsan_fiber = __tsan_create_fiber(0);
    owns_tsan_fiber = true;
#endif
  }
  ~Side() {
#ifdef NETLAB_TSAN
    if (owns_tsan_fiber) __tsan_destroy_fiber(tsan_fiber);
#endif
  }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  const void* bottom = nullptr;
  std::size_t size = 0;
  void* fake_stack = nullptr;
  void* tsan_fiber = nullptr;
  bool owns_tsan_fiber = false;
};

// Called on the old stack, right before the switch. Always inlined, because ThreadSanitizer would
// count the entry of the function on one stack and its exit on the other.
[[gnu::always_inline]] inline void leaving([[maybe_unused]] Side& from, [[maybe_unused]] Side& to) {
#ifdef NETLAB_ASAN
  __sanitizer_start_switch_fiber(&from.fake_stack, to.bottom, to.size);
#endif
#ifdef NETLAB_TSAN
  if (!from.owns_tsan_fiber) from.tsan_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
}

[[gnu::always_inline]] inline void leaving_for_good([[maybe_unused]] Side& to) {
#ifdef NETLAB_ASAN
  __sanitizer_start_switch_fiber(nullptr, to.bottom, to.size);  // frees the fake stack
#endif
#ifdef NETLAB_TSAN
  __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
}

// Called on the new stack, right after the switch.
[[gnu::always_inline]] inline void arrived([[maybe_unused]] Side& here,
                                           [[maybe_unused]] Side& from) {
#ifdef NETLAB_ASAN
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(here.fake_stack, &bottom, &size);
  from.bottom = bottom;
  from.size = size;
#endif
}

}  // namespace netlab::sanitizer
