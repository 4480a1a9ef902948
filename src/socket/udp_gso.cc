#include "socket/udp_gso.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/uio.h>

#include <cstring>

#include "base/error.h"
#include "socket/datagram_io.h"
#include "socket/retry_eintr.h"
#include "socket/syscalls.h"
#include "trace/trace.h"

namespace netlab {
namespace {

constexpr int send_buffer = 1024 * 1024;

// Sets an option that is not essential: an error is ignored.
void try_option(int fd, int level, int option, int value) {
  try {
    call::set_option(fd, level, option, value);
  } catch (const SystemError&) {
  }
}

}  // namespace

Fd connected_udp_socket(const Address& peer, const Address* local, int flags) {
  Fd fd = call::socket(peer.family(), SOCK_DGRAM | flags);
  try_option(fd.get(), SOL_SOCKET, SO_RCVBUF, datagram_buffer);
  try_option(fd.get(), SOL_SOCKET, SO_SNDBUF, send_buffer);
  try_option(fd.get(), IPPROTO_UDP, UDP_GRO, 1);
  // Never fragment: the transport probes the path MTU, and a datagram that is too large must fail
  // or be lost.
  if (peer.family() == AF_INET)
    try_option(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  else
    try_option(fd.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  if (local) {
    call::set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    call::bind(fd.get(), *local);
  }
  connect_udp(fd, peer);
  return fd;
}

int set_gso_size(int fd, std::size_t size) {
  try {
    call::set_option(fd, IPPROTO_UDP, UDP_SEGMENT, static_cast<int>(size));
    return 0;
  } catch (const SystemError& error) {
    return -error.error();
  }
}

ssize_t receive_segments(int fd, std::span<std::byte> into, std::size_t& segment) {
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))];
  iovec piece{into.data(), into.size()};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = room;
  header.msg_controllen = sizeof room;
  const ssize_t result = retry_interrupted([&] { return ::recvmsg(fd, &header, MSG_DONTWAIT); });
  // Never 0, because callers advance through the bytes in steps of this size.
  segment = result > 0 ? static_cast<std::size_t>(result) : 1;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); result > 0 && control;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != IPPROTO_UDP || control->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(control), sizeof size);
    if (size > 0) segment = static_cast<std::size_t>(size);
  }
  const auto received = into.first(static_cast<std::size_t>(std::max<ssize_t>(result, 0)));
  trace::call(result, "recvmsg", trace::Descriptor{fd}, trace::Segments{{received}, segment},
              trace::Flag{trace::Flag::Kind::message, MSG_DONTWAIT});
  return result;
}

}  // namespace netlab
