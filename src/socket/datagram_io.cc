#include "socket/datagram_io.h"

#include <linux/sock_diag.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "socket/dual_stack.h"
#include "socket/retry_eintr.h"
#include "socket/syscalls.h"
#include "trace/trace.h"

namespace netlab {
namespace {

// Bytes per message. Over IPv6, several datagrams received as one (UDP_GRO) may be longer than the
// longest datagram over IPv4.
constexpr std::size_t room_size = 65'536;

// Buffer for the ancillary data of one message (cmsg(3)), aligned as the kernel requires.
struct alignas(cmsghdr) Control {
  char bytes[CMSG_SPACE(sizeof(in6_pktinfo)) + 3 * CMSG_SPACE(sizeof(int))];
};

template <typename Value>
Value value_of(const cmsghdr* header) {
  Value value;
  std::memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

void read_control(msghdr& header, Datagram& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control;
       control = CMSG_NXTHDR(&header, control)) {
    const int level = control->cmsg_level;
    const int type = control->cmsg_type;
    if (level == IPPROTO_IP && type == IP_PKTINFO) {
      message.local = Address::from_host(value_of<in_pktinfo>(control).ipi_spec_dst);
    } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
      const auto info = value_of<in6_pktinfo>(control);
      const bool zoned = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr);
      message.local = Address::from_host(info.ipi6_addr, zoned ? info.ipi6_ifindex : 0);
    } else if ((level == IPPROTO_IP && type == IP_TTL) ||
               (level == IPPROTO_IPV6 && type == IPV6_HOPLIMIT)) {
      message.ttl = value_of<int>(control);
    } else if (level == IPPROTO_UDP && type == UDP_GRO) {
      message.segment = static_cast<std::size_t>(value_of<int>(control));
    }
  }
}

// Appends to the ancillary data of the message.
template <typename Info>
void put_control(msghdr& header, Control& room, int level, int type, const Info& info) {
  auto* const control = reinterpret_cast<cmsghdr*>(room.bytes + header.msg_controllen);
  header.msg_control = room.bytes;
  header.msg_controllen += CMSG_SPACE(sizeof info);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(control), &info, sizeof info);
}

// Sets the source address, so a reply leaves from the address that the request was sent to (ip(7),
// IP_PKTINFO).
void put_local(msghdr& header, Control& room, int family, const Address& local) {
  if (local.is_any_v4() || local.is_any_v6()) return;
  const sockaddr_storage storage = local.raw_for(family);
  if (family == AF_INET) {
    in_pktinfo info{};
    info.ipi_spec_dst = reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
    put_control(header, room, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    const auto& raw = reinterpret_cast<const sockaddr_in6&>(storage);
    in6_pktinfo info{};
    info.ipi6_addr = raw.sin6_addr;
    info.ipi6_ifindex = raw.sin6_scope_id;
    put_control(header, room, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

void trace_batch(const char* name, int fd, int result, std::span<const Datagram> messages,
                 int flags) {
  const trace::Descriptor socket{fd};
  const trace::Flag shown_flags{trace::Flag::Kind::message, flags};
  if (result <= 0) {
    trace::call(result, name, socket, "[...]", messages.size(), shown_flags);
    return;
  }
  const Datagram& first = messages.front();
  trace::call(result, name, socket,
              trace::FirstDatagram{{first.peer.raw()}, {first.bytes}, result == 1}, messages.size(),
              shown_flags);
}

// Sets the receive buffer, and requests the TTL and local address of each message.
void prepare(int fd, int family) {
  const auto enable = [fd](int level, int option) { call::set_option(fd, level, option, 1); };
  call::set_option(fd, SOL_SOCKET, SO_RCVBUF, datagram_buffer);
  enable(IPPROTO_IP, IP_RECVTTL);
  if (family == AF_INET) {
    enable(IPPROTO_IP, IP_PKTINFO);
  } else {
    enable(IPPROTO_IPV6, IPV6_RECVPKTINFO);
    enable(IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
  }
}

Fd bound(const Address& address, bool shared) {
  Fd fd = call::socket(address.family(), SOCK_DGRAM);
  if (shared) call::set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  prepare(fd.get(), address.family());
  if (address.is_any_v6()) call::set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  call::bind(fd.get(), address);
  return fd;
}

}  // namespace

// The buffers that the kernel fills in for the messages of one call.
struct DatagramBatch::Room {
  std::array<mmsghdr, max_messages> headers{};
  std::array<iovec, max_messages> pieces{};
  std::array<sockaddr_storage, max_messages> peers{};
  std::array<Control, max_messages> controls{};
};

DatagramBatch::DatagramBatch()
    : bytes_(std::make_unique_for_overwrite<std::byte[]>(max_messages * room_size)),
      room_(std::make_unique<Room>()) {
  for (std::size_t i = 0; i < max_messages; ++i) {
    room_->pieces[i] = {bytes_.get() + i * room_size, room_size};
    msghdr& header = room_->headers[i].msg_hdr;
    header.msg_name = &room_->peers[i];
    header.msg_iov = &room_->pieces[i];
    header.msg_iovlen = 1;
    header.msg_control = room_->controls[i].bytes;
  }
  count_ = max_messages;
}

DatagramBatch::~DatagramBatch() = default;

int DatagramBatch::receive(int fd) {
  auto& headers = room_->headers;
  for (std::size_t i = 0; i < count_; ++i) {  // the last call changed these
    headers[i].msg_hdr.msg_namelen = sizeof room_->peers[i];
    headers[i].msg_hdr.msg_controllen = sizeof room_->controls[i].bytes;
  }
  const int result = retry_interrupted(
      [&] { return ::recvmmsg(fd, headers.data(), max_messages, MSG_DONTWAIT, nullptr); });
  count_ = static_cast<std::size_t>(std::max(result, 0));
  for (std::size_t i = 0; i < count_; ++i) {
    messages_[i] = {.bytes = {bytes_.get() + i * room_size, headers[i].msg_len},
                    .peer = Address::from_raw(room_->peers[i])};
    messages_[i].truncated = (headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    read_control(headers[i].msg_hdr, messages_[i]);
  }
  trace_batch("recvmmsg", fd, result, messages_, MSG_DONTWAIT);
  return result;
}

int send_datagrams(int fd, int family, std::span<const Datagram> messages) {
  std::array<mmsghdr, DatagramBatch::max_messages> headers;
  std::array<iovec, DatagramBatch::max_messages> pieces;
  std::array<sockaddr_storage, DatagramBatch::max_messages> peers;
  std::array<Control, DatagramBatch::max_messages> controls;
  messages = messages.first(std::min(messages.size(), headers.size()));
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Datagram& message = messages[i];
    peers[i] = message.peer.raw_for(family);
    // sendmmsg(2) only reads the bytes, although iov_base is not const.
    pieces[i] = {const_cast<std::byte*>(message.bytes.data()), message.bytes.size()};
    msghdr& header = headers[i].msg_hdr;
    header = {};
    header.msg_name = &peers[i];
    header.msg_namelen = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    header.msg_iov = &pieces[i];
    header.msg_iovlen = 1;
    put_local(header, controls[i], family, message.local);
    if (message.segment > 0)
      put_control(header, controls[i], IPPROTO_UDP, UDP_SEGMENT,
                  static_cast<std::uint16_t>(message.segment));
  }
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const int result = retry_interrupted([&] {
    return ::sendmmsg(fd, headers.data(), static_cast<unsigned>(messages.size()), flags);
  });
  trace_batch("sendmmsg", fd, result, messages, flags);
  return result;
}

void set_ttl(int fd, int family, int hops) {
  call::set_option(fd, IPPROTO_IP, IP_TTL, hops);
  if (family == AF_INET6) call::set_option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
}

void enable_gro(int fd) {
  call::set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
}

// Read on demand: SO_RXQ_OVFL would attach the count to every message, at a cost.
std::uint32_t dropped_datagrams(int fd) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> counters{};
  socklen_t size = sizeof counters;
  retry_interrupted(
      [&] { return ::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, counters.data(), &size); });
  return counters[SK_MEMINFO_DROPS];
}

Fd udp_socket(const Address& address, bool shared) {
  return bind_to(address, [shared](const Address& local) { return bound(local, shared); });
}

Fd udp_socket(Fd bound) {
  prepare(bound.get(), call::option(bound.get(), SOL_SOCKET, SO_DOMAIN));
  return bound;
}

void connect_udp(const Fd& socket, const Address& peer) {
  const int result = call::connect(socket.get(), peer);
  if (result < 0) throw SystemError("connect " + peer.text(), -result);
}

}  // namespace netlab
