// The minimal download: sendfile(2) on one side, recv(2) of 1 MiB on the other, no layers, no
// checks. The baseline that netlab is measured against.
//     bare_download serve FILE        prints its port, serves one client after another
//     bare_download get PORT DEST
//     bare_download splice PORT DEST   the same through a pipe, with splice(2)
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

constexpr std::size_t piece = 1024 * 1024;

int or_fail(int result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void serve(const char* path) {
  const int listener = or_fail(socket(AF_INET, SOCK_STREAM, 0), "socket");
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  or_fail(bind(listener, raw, size), "bind");
  or_fail(listen(listener, SOMAXCONN), "listen");
  or_fail(getsockname(listener, raw, &size), "getsockname");
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  const int file = or_fail(open(path, O_RDONLY), path);
  for (;;) {
    const int client = or_fail(accept(listener, nullptr, nullptr), "accept");
    off_t offset = 0;
    while (sendfile(client, file, &offset, 0x7ffff000) > 0) continue;
    close(client);
  }
}

int connected(int port) {
  const int server = or_fail(socket(AF_INET, SOCK_STREAM, 0), "socket");
  const sockaddr_in address = loopback(port);
  or_fail(connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  return server;
}

int open_truncated(const char* path) {
  return or_fail(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666), path);
}

void get_by_splice(int port, const char* path) {
  const int server = connected(port);
  const int file = open_truncated(path);
  int ends[2];
  or_fail(pipe(ends), "pipe");
  or_fail(fcntl(ends[1], F_SETPIPE_SZ, piece), "F_SETPIPE_SZ");
  ssize_t got = 0;
  while ((got = splice(server, nullptr, ends[1], nullptr, piece, SPLICE_F_MOVE)) > 0)
    for (ssize_t moved = 0; moved < got;)
      moved +=
          or_fail(static_cast<int>(splice(ends[0], nullptr, file, nullptr,
                                          static_cast<std::size_t>(got - moved), SPLICE_F_MOVE)),
                  path);
  or_fail(static_cast<int>(got), "splice");
}

void get(int port, const char* path) {
  const int server = connected(port);
  const int file = open_truncated(path);
  const auto buffer = std::make_unique<char[]>(piece);
  ssize_t got = 0;
  while ((got = recv(server, buffer.get(), piece, 0)) > 0)
    for (ssize_t written = 0; written < got;)
      written += or_fail(static_cast<int>(write(file, buffer.get() + written,
                                                static_cast<std::size_t>(got - written))),
                         path);
  or_fail(static_cast<int>(got), "recv");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == std::string("serve")) serve(argv[2]);
  if (argc == 4 && argv[1] == std::string("splice")) {
    get_by_splice(std::atoi(argv[2]), argv[3]);
    return EXIT_SUCCESS;
  }
  if (argc != 4 || argv[1] != std::string("get")) return EXIT_FAILURE;
  get(std::atoi(argv[2]), argv[3]);
}
