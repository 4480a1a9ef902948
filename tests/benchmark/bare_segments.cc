// The minimal download over UDP: 44 datagrams of 1472 bytes per send (UDP_SEGMENT), joined by the
// receiver (UDP_GRO); a window, but no recovery from loss. The baseline of the reliable transport.
//     bare_segments serve FILE        prints its port, serves one client
//     bare_segments get PORT DEST
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

constexpr std::uint64_t batch = 44 * 1472;
constexpr std::uint64_t window = 2 * 1024 * 1024;
constexpr std::uint64_t ack_interval =
    256 * 1024;  // bytes between acknowledgements of the receiver
constexpr std::size_t piece = 1024 * 1024;

long or_fail(long result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

int socket_with(int option, int value) {
  const int fd = static_cast<int>(or_fail(socket(AF_INET, SOCK_DGRAM, 0), "socket"));
  const int room = 4 * 1024 * 1024;
  or_fail(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), "SO_RCVBUF");
  or_fail(setsockopt(fd, IPPROTO_UDP, option, &value, sizeof value), "setsockopt");
  return fd;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Receives a byte count: the size of the file, or how much the client has received.
std::uint64_t receive_count(int fd) {
  std::uint64_t count = 0;
  or_fail(recv(fd, &count, sizeof count, 0), "recv");
  return count;
}

void send_all(int fd, const char* bytes, std::uint64_t size) {
  or_fail(send(fd, &size, sizeof size, 0), "send");
  std::uint64_t received = 0;
  for (std::uint64_t sent = 0; sent < size;) {
    while (sent - received + batch > window) received = receive_count(fd);
    const std::uint64_t count = std::min(batch, size - sent);
    or_fail(send(fd, bytes + sent, count, 0), "send");
    sent += count;
  }
  while (received < size) received = receive_count(fd);
}

void serve(const char* path) {
  const int file = static_cast<int>(or_fail(open(path, O_RDONLY), path));
  struct stat state;
  or_fail(fstat(file, &state), path);
  const auto size = static_cast<std::uint64_t>(state.st_size);
  void* const bytes = mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
  if (bytes == MAP_FAILED) or_fail(-1, "mmap");
  const int fd = socket_with(UDP_SEGMENT, 1472);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  or_fail(bind(fd, raw, length), "bind");
  or_fail(getsockname(fd, raw, &length), "getsockname");
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  char hello = 0;
  or_fail(recvfrom(fd, &hello, 1, 0, raw, &length), "recvfrom");
  or_fail(connect(fd, raw, length), "connect");
  send_all(fd, static_cast<const char*>(bytes), size);
}

void get(int port, const char* path) {
  const int fd = socket_with(UDP_GRO, 1);
  const sockaddr_in server = loopback(port);
  or_fail(connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server), "connect");
  const int file = static_cast<int>(or_fail(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666), path));
  or_fail(send(fd, "", 1, 0), "send");
  const std::uint64_t size = receive_count(fd);
  const auto buffer = std::make_unique<char[]>(piece);
  std::uint64_t acknowledged = 0;
  for (std::uint64_t received = 0; received < size;) {
    std::size_t count = static_cast<std::size_t>(or_fail(recv(fd, buffer.get(), piece, 0), "recv"));
    while (count + 65536 <= piece) {
      const ssize_t more = recv(fd, buffer.get() + count, piece - count, MSG_DONTWAIT);
      if (more <= 0) break;
      count += static_cast<std::size_t>(more);
    }
    or_fail(write(file, buffer.get(), count), path);
    received += count;
    if (received - acknowledged < ack_interval && received < size) continue;
    or_fail(send(fd, &received, sizeof received, 0), "send");
    acknowledged = received;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == std::string("serve")) serve(argv[2]);
  if (argc != 4 || argv[1] != std::string("get")) return EXIT_FAILURE;
  get(std::atoi(argv[2]), argv[3]);
}
