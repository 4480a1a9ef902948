#include "transport/stream.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {
constexpr std::size_t copy_size = 256 * 1024;
}

std::uint64_t Stream::send_file(const Fd& file, std::uint64_t offset, std::uint64_t count) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(copy_size, count));
  std::uint64_t sent = 0;
  while (sent < count) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), count - sent);
    const ssize_t got = call::read_at(file.get(), std::span(buffer).first(wanted), offset + sent);
    if (got < 0) throw SystemError("read", static_cast<int>(-got));
    if (got == 0) break;
    write_all(std::span(buffer).first(static_cast<std::size_t>(got)));
    sent += static_cast<std::uint64_t>(got);
  }
  return sent;
}

std::size_t Stream::receive_file(const Fd& file, const std::string& name, std::size_t max_bytes) {
  std::vector<std::byte> buffer(std::min(copy_size, max_bytes));
  const std::size_t got = read_some(buffer);
  call::write_all(file.get(), std::span(buffer).first(got), name);
  return got;
}

}  // namespace netlab
