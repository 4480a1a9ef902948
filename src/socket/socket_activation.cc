#include "socket/socket_activation.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "socket/syscalls.h"

namespace netlab {
namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START

std::string take_variable(const char* name) {
  const char* const value = getenv(name);
  std::string text = value ? value : "";
  unsetenv(name);
  return text;
}

bool is_bound(int fd) {
  return call::local_address(fd).port() != 0;
}

bool is_usable(int fd, int type) {
  const auto is = [fd](int option, int value) {
    return call::option(fd, SOL_SOCKET, option) == value;
  };
  if (!is(SO_TYPE, type) || !(is(SO_DOMAIN, AF_INET) || is(SO_DOMAIN, AF_INET6))) return false;
  if (type == SOCK_STREAM) return is(SO_PROTOCOL, IPPROTO_TCP) && is(SO_ACCEPTCONN, 1);
  return is(SO_PROTOCOL, IPPROTO_UDP) && is_bound(fd);
}

}  // namespace

Fd inherited_socket(int type) {
  const std::string process = take_variable("LISTEN_PID");
  const std::string count = take_variable("LISTEN_FDS");
  take_variable("LISTEN_FDNAMES");
  if (process != std::to_string(getpid()) || count.empty() || count == "0") return {};
  if (count != "1")
    throw std::runtime_error("LISTEN_FDS is '" + count + "': this server accepts only one socket");
  // A descriptor inherited through execve(2) is not close-on-exec; all that we open are.
  if (fcntl(first_passed, F_GETFD) != 0)
    throw std::runtime_error("LISTEN_FDS is 1, but descriptor 3 was not passed");
  Fd passed(first_passed);
  fcntl(first_passed, F_SETFD, FD_CLOEXEC);
  if (!is_usable(passed.get(), type))
    throw std::runtime_error(
        std::string("descriptor 3, passed with LISTEN_FDS, is not ") +
        (type == SOCK_STREAM ? "a listening TCP socket" : "a bound UDP socket"));
  return passed;
}

bool is_ipv6_only(const Fd& socket) {
  return call::option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY) == 1;
}

}  // namespace netlab
