// Wrappers of the socket system calls. Each retries EINTR, reports the call to --trace and returns
// what the kernel returned, or -errno. Every descriptor is created close-on-exec, and every send
// has MSG_NOSIGNAL (no SIGPIPE). A wrapper waits only as long as the kernel does: how a program
// waits is up to its Performer (transport/performer.h).
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/clock.h"
#include "socket/fd.h"

struct epoll_event;
struct sockaddr_un;

namespace netlab::call {

// Setup calls: these throw SystemError.
Fd socket(int family, int type);  // socket(2)
void bind(int fd, const Address& address);
void listen(int fd, int backlog);
Address local_address(int fd);  // getsockname(2)
void set_option(int fd, int level, int option, int value);
Fd epoll_create();
// eventfd(2): each raise_event() allows one read.
Fd event_descriptor();

// Calls on a socket in use: these return -errno.
int accept(int fd, Address& peer, int flags);  // accept4(2), flags 0 or SOCK_NONBLOCK
int connect(int fd, const Address& address);
// unix(7): `name_size` bytes of a path, or of a NUL and an abstract name.
int connect(int fd, const sockaddr_un& address, std::size_t name_size);
ssize_t receive(int fd, std::span<std::byte> into);                     // recv(2)
ssize_t send(int fd, std::span<const std::byte> bytes, int flags = 0);  // send(2)
// sendfile(2): at most `count` bytes of `file` from `offset`.
ssize_t send_file(int fd, int file, std::uint64_t offset, std::size_t count);
int shutdown(int fd, int how);
int option(int fd, int level, int option);  // getsockopt(2) of a number that is never negative
std::size_t unacknowledged(int fd);         // SIOCOUTQ of tcp(7): bytes; 0 if unavailable
int pending_error(int fd);                  // SO_ERROR: 0 or a positive errno
// SO_RCVTIMEO or SO_SNDTIMEO: the longest time that one call may block.
int set_timeout(int fd, int option, Duration timeout);
int set_blocking(int fd, bool blocking);  // fcntl(2), O_NONBLOCK
// Sets whether close(2) resets the connection and discards unsent bytes (SO_LINGER in socket(7)).
int set_abortive_close(int fd, bool reset);
// Resets a TCP connection and discards unsent bytes: connect(2) with AF_UNSPEC. The descriptor
// stays open.
int reset_connection(int fd);
void raise_event(int event);
int poll(std::span<pollfd> fds, Instant until);
// The same with a resolution of a nanosecond instead of a millisecond (ppoll(2)).
int ppoll(std::span<pollfd> fds, Instant until);
int epoll_control(int epoll, int action, int fd, std::uint32_t events);  // data.fd is `fd`
int epoll_wait(int epoll, std::span<epoll_event> events, Instant until);
// The same with a resolution of a nanosecond instead of a millisecond (epoll_pwait2(2)).
int epoll_pwait2(int epoll, std::span<epoll_event> events, Instant until);
void close(int fd);

// Calls on any descriptor; these are not traced.
ssize_t read(int fd, std::span<std::byte> into);
ssize_t write(int fd, std::span<const std::byte> bytes);
ssize_t read_at(int fd, std::span<std::byte> into, std::uint64_t offset);  // pread(2)

// Reads until `into` is full or the file ends. Returns the number of bytes. Throws
// SystemError{"read " + name}.
std::size_t read_all_at(int fd, std::span<std::byte> into, std::uint64_t offset,
                        const std::string& name);
// Writes all bytes. Throws SystemError{"write " + name}.
void write_all(int fd, std::span<const std::byte> bytes, const std::string& name);
// Duplicates a descriptor (F_DUPFD_CLOEXEC). Throws SystemError.
Fd duplicate(int fd);

// Milliseconds from now until `until`, as poll(2) and epoll_wait(2) take them: rounded up; -1 for
// never.
int milliseconds_until(Instant until);

}  // namespace netlab::call
