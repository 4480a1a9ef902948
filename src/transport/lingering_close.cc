#include "transport/lingering_close.h"

#include <array>

#include "base/error.h"

namespace netlab {

void lingering_close(Stream& stream, Network& network) {
  constexpr auto longest = std::chrono::seconds(1);
  constexpr std::size_t most = 1024 * 1024;
  try {
    stream.finish_writing();
    stream.set_deadline(add_saturating(network.now(), longest));
    std::array<std::byte, 4096> dropped;
    for (std::size_t total = 0; total < most;) {
      const std::size_t got = stream.read_some(dropped);
      if (got == 0) return;
      total += got;
    }
  } catch (const SystemError&) {
    // Out of time, or the peer is gone: either way it is over.
  }
}

}  // namespace netlab
