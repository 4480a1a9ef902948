#include "socket/syscalls.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>

#include "base/error.h"
#include "socket/retry_eintr.h"
#include "trace/trace.h"

namespace netlab::call {
namespace {

using trace::Bytes;
using trace::Descriptor;
using trace::Flag;
using trace::Pointed;
using trace::Polled;
using trace::SocketAddress;
using trace::UnixAddress;
using Kind = trace::Flag::Kind;

sockaddr* raw(sockaddr_storage& storage) {
  return reinterpret_cast<sockaddr*>(&storage);
}

template <typename Byte>
std::span<Byte> moved(std::span<Byte> bytes, ssize_t result) {
  return bytes.first(static_cast<std::size_t>(std::max<ssize_t>(result, 0)));
}

timespec time_until(Instant until) {
  const Duration left = std::max(until - Clock::now(), Duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {seconds.count(), (left - seconds).count()};
}

trace::Argument timeout(Instant until, const timespec& wait) {
  if (until == never) return trace::Literal{"NULL"};
  return wait;
}

void throw_if_failed(int result, const std::string& operation) {
  if (result < 0) throw SystemError(operation, -result);
}

}  // namespace

Fd socket(int family, int type) {
  type |= SOCK_CLOEXEC;
  const int fd = retry_interrupted([&] { return ::socket(family, type, 0); });
  trace::call(fd, "socket", Flag{Kind::family, family}, Flag{Kind::type, type}, 0);
  throw_if_failed(fd, "socket");
  return Fd(fd);
}

void bind(int fd, const Address& address) {
  const int result =
      retry_interrupted([&] { return ::bind(fd, address.raw(), address.raw_size()); });
  trace::call(result, "bind", Descriptor{fd}, SocketAddress{address.raw()}, address.raw_size());
  if (result < 0) throw SystemError("bind " + address.text(), -result);
}

void listen(int fd, int backlog) {
  const int result = retry_interrupted([&] { return ::listen(fd, backlog); });
  trace::call(result, "listen", Descriptor{fd}, backlog);
  throw_if_failed(result, "listen");
}

Address local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  const int result = retry_interrupted([&] { return ::getsockname(fd, raw(storage), &size); });
  trace::call(result, "getsockname", Descriptor{fd}, SocketAddress{raw(storage)}, Pointed{size});
  throw_if_failed(result, "getsockname");
  return Address::from_raw(storage);
}

void set_option(int fd, int level, int option, int value) {
  const int result =
      retry_interrupted([&] { return ::setsockopt(fd, level, option, &value, sizeof value); });
  trace::call(result, "setsockopt", Descriptor{fd}, Flag{Kind::level, level},
              Flag{Kind::option, option, level}, Pointed{value}, sizeof value);
  throw_if_failed(result, "setsockopt");
}

Fd epoll_create() {
  const int fd = retry_interrupted([] { return ::epoll_create1(EPOLL_CLOEXEC); });
  trace::call(fd, "epoll_create1", "EPOLL_CLOEXEC");
  throw_if_failed(fd, "epoll_create1");
  return Fd(fd);
}

Fd event_descriptor() {
  const int fd =
      retry_interrupted([] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE); });
  trace::call(fd, "eventfd2", 0, "EFD_CLOEXEC|EFD_NONBLOCK|EFD_SEMAPHORE");
  throw_if_failed(fd, "eventfd");
  return Fd(fd);
}

int accept(int fd, Address& peer, int flags) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  flags |= SOCK_CLOEXEC;
  const int result = retry_interrupted([&] { return ::accept4(fd, raw(storage), &size, flags); });
  if (result < 0) {
    trace::call(result, "accept4", Descriptor{fd}, "NULL", "NULL", Flag{Kind::type, flags});
    return result;
  }
  trace::call(result, "accept4", Descriptor{fd}, SocketAddress{raw(storage)}, Pointed{size},
              Flag{Kind::type, flags});
  peer = Address::from_raw(storage);
  return result;
}

int connect(int fd, const Address& address) {
  // connect(2) may be repeated after EINTR: Linux continues to wait for the same handshake.
  const int result =
      retry_interrupted([&] { return ::connect(fd, address.raw(), address.raw_size()); });
  trace::call(result, "connect", Descriptor{fd}, SocketAddress{address.raw()}, address.raw_size());
  return result;
}

int connect(int fd, const sockaddr_un& address, std::size_t name_size) {
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_size);
  const int result = retry_interrupted(
      [&] { return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), size); });
  trace::call(result, "connect", Descriptor{fd},
              UnixAddress{std::span(address.sun_path, name_size)}, size);
  return result;
}

ssize_t receive(int fd, std::span<std::byte> into) {
  const ssize_t result = retry_interrupted([&] { return ::recv(fd, into.data(), into.size(), 0); });
  trace::call(result, "recv", Descriptor{fd}, Bytes{moved(into, result)}, into.size(), 0);
  return result;
}

ssize_t send(int fd, std::span<const std::byte> bytes, int flags) {
  flags |= MSG_NOSIGNAL;
  const ssize_t result =
      retry_interrupted([&] { return ::send(fd, bytes.data(), bytes.size(), flags); });
  trace::call(result, "send", Descriptor{fd}, Bytes{bytes}, bytes.size(),
              Flag{Kind::message, flags});
  return result;
}

ssize_t send_file(int fd, int file, std::uint64_t offset, std::size_t count) {
  auto position = static_cast<off_t>(offset);
  const ssize_t result = retry_interrupted([&] { return ::sendfile(fd, file, &position, count); });
  trace::call(result, "sendfile", Descriptor{fd}, Descriptor{file},
              Pointed{static_cast<std::int64_t>(offset)}, count);
  return result;
}

int shutdown(int fd, int how) {
  const int result = retry_interrupted([&] { return ::shutdown(fd, how); });
  trace::call(result, "shutdown", Descriptor{fd}, Flag{Kind::shutdown, how});
  return result;
}

int option(int fd, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  const int result =
      retry_interrupted([&] { return ::getsockopt(fd, level, option, &value, &size); });
  trace::call(result, "getsockopt", Descriptor{fd}, Flag{Kind::level, level},
              Flag{Kind::option, option, level}, Pointed{value}, Pointed{size});
  return result < 0 ? result : value;
}

int pending_error(int fd) {
  return std::abs(option(fd, SOL_SOCKET, SO_ERROR));
}

std::size_t unacknowledged(int fd) {
  int bytes = 0;
  const int result = ::ioctl(fd, SIOCOUTQ, &bytes);
  trace::call(result, "ioctl", Descriptor{fd}, "SIOCOUTQ", Pointed{bytes});
  return result < 0 ? 0 : static_cast<std::size_t>(bytes);
}

int set_timeout(int fd, int option, Duration timeout) {
  const auto micros = std::chrono::ceil<std::chrono::microseconds>(timeout).count();
  const timeval value{micros / 1'000'000, micros % 1'000'000};
  const int result =
      retry_interrupted([&] { return ::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value); });
  trace::call(result, "setsockopt", Descriptor{fd}, "SOL_SOCKET",
              Flag{Kind::option, option, SOL_SOCKET}, value, sizeof value);
  return result;
}

int milliseconds_until(Instant until) {
  if (until == never) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, std::numeric_limits<int>::max()));
}

int set_blocking(int fd, bool blocking) {
  const int flags = O_RDWR | (blocking ? 0 : O_NONBLOCK);
  const int result = retry_interrupted([&] { return ::fcntl(fd, F_SETFL, flags); });
  trace::call(result, "fcntl", Descriptor{fd}, "F_SETFL",
              blocking ? "O_RDWR" : "O_RDWR|O_NONBLOCK");
  return result;
}

int set_abortive_close(int fd, bool reset) {
  const ::linger value{reset ? 1 : 0, 0};
  const int result = retry_interrupted(
      [&] { return ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value); });
  trace::call(result, "setsockopt", Descriptor{fd}, "SOL_SOCKET", "SO_LINGER",
              reset ? "{l_onoff=1, l_linger=0}" : "{l_onoff=0, l_linger=0}", sizeof value);
  return result;
}

int reset_connection(int fd) {
  const ::sockaddr none{.sa_family = AF_UNSPEC, .sa_data = {}};
  const int result = retry_interrupted([&] { return ::connect(fd, &none, sizeof none); });
  trace::call(result, "connect", Descriptor{fd}, "{sa_family=AF_UNSPEC}", sizeof none);
  return result;
}

void raise_event(int event) {
  const std::uint64_t one = 1;
  write(event, std::as_bytes(std::span(&one, 1)));
}

int poll(std::span<pollfd> fds, Instant until) {
  int wait = 0;
  const int result = retry_interrupted([&] {
    wait = milliseconds_until(until);
    return ::poll(fds.data(), fds.size(), wait);
  });
  trace::call(result, "poll", Polled{fds}, fds.size(), wait);
  return result;
}

int ppoll(std::span<pollfd> fds, Instant until) {
  timespec wait{};
  const int result = retry_interrupted([&] {
    wait = time_until(until);
    return ::ppoll(fds.data(), fds.size(), until == never ? nullptr : &wait, nullptr);
  });
  trace::call(result, "ppoll", Polled{fds}, fds.size(), timeout(until, wait), "NULL");
  return result;
}

int epoll_control(int epoll, int action, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  const int result = retry_interrupted([&] { return ::epoll_ctl(epoll, action, fd, &event); });
  trace::call(result, "epoll_ctl", Descriptor{epoll}, Flag{Kind::epoll_action, action},
              Descriptor{fd}, Flag{Kind::events, static_cast<int>(events)});
  return result;
}

int epoll_wait(int epoll, std::span<epoll_event> events, Instant until) {
  int wait = 0;
  const int result = retry_interrupted([&] {
    wait = milliseconds_until(until);
    return ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), wait);
  });
  trace::call(result, "epoll_wait", Descriptor{epoll}, "[...]", events.size(), wait);
  return result;
}

int epoll_pwait2(int epoll, std::span<epoll_event> events, Instant until) {
  timespec wait{};
  const int result = retry_interrupted([&] {
    wait = time_until(until);
    return ::epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()),
                          until == never ? nullptr : &wait, nullptr);
  });
  if (result == -ENOSYS) return epoll_wait(epoll, events, until);  // before Linux 5.11
  trace::call(result, "epoll_pwait2", Descriptor{epoll}, "[...]", events.size(),
              timeout(until, wait), "NULL");
  return result;
}

void close(int fd) {
  const int result = ::close(fd);
  trace::call(result < 0 ? -errno : 0, "close", Descriptor{fd});
}

ssize_t read(int fd, std::span<std::byte> into) {
  return retry_interrupted([&] { return ::read(fd, into.data(), into.size()); });
}

ssize_t write(int fd, std::span<const std::byte> bytes) {
  return retry_interrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
}

ssize_t read_at(int fd, std::span<std::byte> into, std::uint64_t offset) {
  return retry_interrupted(
      [&] { return ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset)); });
}

std::size_t read_all_at(int fd, std::span<std::byte> into, std::uint64_t offset,
                        const std::string& name) {
  std::size_t total = 0;
  while (total < into.size()) {
    const ssize_t got = read_at(fd, into.subspan(total), offset + total);
    if (got < 0) throw SystemError("read " + name, static_cast<int>(-got));
    if (got == 0) break;
    total += static_cast<std::size_t>(got);
  }
  return total;
}

Fd duplicate(int fd) {
  const int copy = retry_interrupted([&] { return ::fcntl(fd, F_DUPFD_CLOEXEC, 0); });
  throw_if_failed(copy, "duplicate a descriptor");
  return Fd(copy);
}

void write_all(int fd, std::span<const std::byte> bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes);
    if (written == -EAGAIN) {  // another program has set O_NONBLOCK on the pipe or terminal
      pollfd writable{fd, POLLOUT, 0};
      poll({&writable, 1}, never);
      continue;
    }
    if (written < 0) throw SystemError("write " + name, static_cast<int>(-written));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace netlab::call
