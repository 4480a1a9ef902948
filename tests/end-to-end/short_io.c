/* A library for LD_PRELOAD that makes every read and write of a program short (1 to 7 bytes) and fails one
   call in ten with EINTR. A program that does not cope has a bug. The same SHORT_IO_SEED gives the same run
   if the program makes its calls in the same order.
   Guarantees of the kernel are kept: an eventfd or a signalfd is read as a whole (shorter reads fail), and
   a write of at most PIPE_BUF bytes to a pipe is atomic. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pseudo-random number; each thread has its own sequence. */
static unsigned int next_random(void) {
    static _Thread_local unsigned int state = 0;
    if (state == 0) {
        const char *seed = getenv("SHORT_IO_SEED");
        state = seed ? (unsigned int)strtoul(seed, NULL, 10) : 1;
    }
    return (unsigned int)rand_r(&state);
}

static size_t shortened(size_t count) {
    const size_t most = 1 + next_random() % 7;
    return count < most ? count : most;
}

static mode_t type_of(int fd) {
    const int before = errno;
    struct stat status;
    const mode_t type = fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
    errno = before;
    return type; /* 0: an eventfd, a signalfd, an epoll instance */
}

static size_t shortened_read(int fd, size_t count) {
    return type_of(fd) == 0 ? count : shortened(count);
}

static size_t shortened_write(int fd, size_t count) {
    const mode_t type = type_of(fd);
    return type == 0 || (type == S_IFIFO && count <= PIPE_BUF) ? count : shortened(count);
}

static int interrupted(void) {
    if (next_random() % 10 != 0) return 0;
    errno = EINTR;
    return 1;
}

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

ssize_t read(int fd, void *into, size_t count) {
    return interrupted() ? -1 : REAL(read)(fd, into, shortened_read(fd, count));
}
ssize_t write(int fd, const void *from, size_t count) {
    return interrupted() ? -1 : REAL(write)(fd, from, shortened_write(fd, count));
}
ssize_t pread64(int fd, void *into, size_t count, off64_t offset) {
    return interrupted() ? -1 : REAL(pread64)(fd, into, shortened(count), offset);
}
ssize_t pwrite64(int fd, const void *from, size_t count, off64_t offset) {
    return interrupted() ? -1 : REAL(pwrite64)(fd, from, shortened(count), offset);
}
ssize_t recv(int fd, void *into, size_t count, int flags) {
    return interrupted() ? -1 : REAL(recv)(fd, into, shortened(count), flags);
}
ssize_t send(int fd, const void *from, size_t count, int flags) {
    return interrupted() ? -1 : REAL(send)(fd, from, shortened(count), flags);
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
    return interrupted() ? -1 : REAL(sendfile64)(to, from, offset, shortened(count));
}
int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags) {
    return interrupted() ? -1 : REAL(accept4)(fd, address, size, flags);
}
int connect(int fd, const struct sockaddr *address, socklen_t size) {
    return interrupted() ? -1 : REAL(connect)(fd, address, size);
}
int poll(struct pollfd *fds, nfds_t count, int timeout) {
    return interrupted() ? -1 : REAL(poll)(fds, count, timeout);
}
int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
    return interrupted() ? -1 : REAL(epoll_wait)(epoll, events, most, timeout);
}
