#include "fiber/stack.h"

#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "base/error.h"

namespace netlab {
namespace {

// Bytes. Only touched pages cost memory: a waiting handler uses about 8 KiB. Sanitizers make frames
// several times larger.
constexpr std::size_t stack_size = 256 * 1024;
// Mapping a stack and touching it for the first time takes longer than serving a short connection,
// so each thread keeps some.
constexpr std::size_t max_kept = 64;

std::size_t guard_size() {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return page;
}

void unmap(std::byte* memory) {
  munmap(memory - guard_size(), stack_size + guard_size());
}

struct Kept {
  std::vector<std::byte*> stacks;
  ~Kept() {
    for (std::byte* memory : stacks) unmap(memory);
  }
};
thread_local Kept kept;

std::byte* map() {
  void* const mapped = mmap(nullptr, stack_size + guard_size(), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw SystemError("map a fiber stack");
  auto* const memory = static_cast<std::byte*>(mapped) + guard_size();
  if (mprotect(mapped, guard_size(), PROT_NONE) != 0) {
    const int error = errno;
    unmap(memory);
    throw SystemError("protect a fiber stack", error);
  }
  return memory;
}

}  // namespace

Stack::Stack() {
  std::byte* memory = nullptr;
  if (kept.stacks.empty()) {
    memory = map();
  } else {
    memory = kept.stacks.back();
    kept.stacks.pop_back();
  }
  memory_ = {memory, stack_size};
}

Stack::~Stack() {
  if (kept.stacks.size() < max_kept)
    kept.stacks.push_back(memory_.data());
  else
    unmap(memory_.data());
}

}  // namespace netlab
