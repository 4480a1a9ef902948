// The minimal datagram echo: recvmmsg(2), sendmmsg(2), no layers, no checks.
//     bare_udp_echo        prints its port, echoes forever
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdio>
#include <cstdlib>

int main() {
  constexpr unsigned batch_size = 64;
  static std::array<std::array<char, 65536>, batch_size> buffers;
  static std::array<sockaddr_in, batch_size> peers;
  std::array<iovec, batch_size> pieces;
  std::array<mmsghdr, batch_size> headers{};
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const int room = 4 * 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, raw, size) != 0 || getsockname(fd, raw, &size) != 0) return EXIT_FAILURE;
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    for (unsigned i = 0; i < batch_size; ++i) {
      pieces[i] = {buffers[i].data(), buffers[i].size()};
      headers[i].msg_hdr = {&peers[i], sizeof peers[i], &pieces[i], 1, nullptr, 0, 0};
    }
    const int got = recvmmsg(fd, headers.data(), batch_size, MSG_WAITFORONE, nullptr);
    if (got <= 0) return EXIT_FAILURE;
    for (int i = 0; i < got; ++i)
      pieces[static_cast<unsigned>(i)].iov_len = headers[static_cast<unsigned>(i)].msg_len;
    sendmmsg(fd, headers.data(), static_cast<unsigned>(got), 0);
  }
}
