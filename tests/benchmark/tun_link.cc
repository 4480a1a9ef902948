// An impaired line between two network namespaces, for any program's TCP and UDP, like netem:
// netlab's Link between two TUN devices (the kernel's Documentation/networking/tuntap.rst).
//     tun_link DELAY_MS LOSS_PERCENT RATE_MBIT QUEUE    makes the devices near and far, prints
//                                                       "ready", and forwards packets forever
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "base/error.h"
#include "impair/link.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

constexpr std::size_t largest = 65536;
constexpr int max_at_once = 64;  // packets read from one device before the other's turn

Fd tun_device(const char* name) {
  Fd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) throw SystemError("open /dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) throw SystemError("TUNSETIFF");
  return fd;
}

// One direction. Without jitter, packets leave in the order of their arrival.
class OneWayLink {
 public:
  OneWayLink(int from, int to, const LinkSettings& settings, std::uint64_t stream)
      : from_(from), to_(to), link_(settings, 1, stream) {}

  void receive(Instant now) {
    std::array<std::byte, largest> packet;
    for (int i = 0; i < max_at_once; ++i) {
      const ssize_t size = read(from_, packet.data(), packet.size());
      if (size <= 0) return;
      const auto bytes = static_cast<std::size_t>(size);
      const Fate fate = link_.pass(now, bytes);
      if (fate.outcome == Fate::Outcome::passed)
        waiting_.push_back({fate.at, {packet.begin(), packet.begin() + size}});
    }
  }

  void deliver(Instant now) {
    for (; !waiting_.empty() && waiting_.front().at <= now; waiting_.pop_front()) {
      const auto& bytes = waiting_.front().bytes;
      // A device that is not up yet rejects the packet, which is dropped.
      [[maybe_unused]] const auto written = write(to_, bytes.data(), bytes.size());
    }
  }

  Instant next() const { return waiting_.empty() ? never : waiting_.front().at; }

 private:
  struct Packet {
    Instant at;
    std::vector<std::byte> bytes;
  };

  int from_;
  int to_;
  Link link_;
  std::deque<Packet> waiting_;
};

void forward_packets(const LinkSettings& settings) {
  const Fd near = tun_device("near");
  const Fd far = tun_device("far");
  OneWayLink up(near.get(), far.get(), settings, 1);
  OneWayLink down(far.get(), near.get(), settings, 2);
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    std::array<pollfd, 2> devices{pollfd{near.get(), POLLIN, 0}, pollfd{far.get(), POLLIN, 0}};
    call::poll(devices, std::min(up.next(), down.next()));
    const Instant now = Clock::now();
    for (OneWayLink* direction : {&up, &down}) {
      direction->receive(now);
      direction->deliver(now);
    }
  }
}

}  // namespace
}  // namespace netlab

int main(int argc, char** argv) {
  if (argc != 5) return EXIT_FAILURE;
  netlab::LinkSettings settings;
  settings.delay = std::chrono::milliseconds(std::atoi(argv[1]));
  settings.loss = std::atof(argv[2]) / 100;
  settings.rate = static_cast<std::uint64_t>(std::atof(argv[3]) * 1e6 / 8);
  settings.queue = static_cast<std::size_t>(std::atoi(argv[4]));
  try {
    netlab::forward_packets(settings);
  } catch (const netlab::SystemError& error) {
    std::fprintf(stderr, "tun_link: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
