#include "transport/lingering_close.h"

#include <array>

#include "base/error.h"

namespace netlab {

void lingering_close(Stream& stream, Network& network) {
  constexpr auto max_duration = std::chrono::seconds(1);
  constexpr std::size_t max_bytes = 1024 * 1024;
  try {
    stream.finish_writing();
    stream.set_deadline(add_saturating(network.now(), max_duration));
    std::array<std::byte, 4096> dropped;
    for (std::size_t total = 0; total < max_bytes;) {
      const std::size_t got = stream.read_some(dropped);
      if (got == 0) return;
      total += got;
    }
  } catch (const SystemError&) {
    // The deadline passed or the peer is gone: nothing is left to read.
  }
}

}  // namespace netlab
