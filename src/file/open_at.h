// The ways to open a name in a directory: the user's own names lead anywhere, those that a client
// sends lead nowhere but beneath the directory.
#pragma once

#include <sys/types.h>

namespace netlab {

// Opens `name` in `directory`, with the flags and the mode of open(2) and O_CLOEXEC. Returns the
// descriptor or -errno.
using OpenAt = int (*)(int directory, const char* name, int flags, mode_t mode);

// openat(2).
int open_anywhere(int directory, const char* name, int flags, mode_t mode);

// Two ways to open a name strictly beneath the directory: "..", an absolute name and a symbolic
// link that lead out of it fail with EXDEV. O_PATH requires O_DIRECTORY.

// The kernel resolves the whole name in one call: openat2(2) with RESOLVE_BENEATH. Magic links,
// those of /proc/PID/fd and the like, fail with ELOOP.
int open_beneath_by_kernel(int directory, const char* name, int flags, mode_t mode);

// netlab opens one component at a time with O_NOFOLLOW, and follows symbolic links itself. A name
// leads through at most 128 directories, each of which is open meanwhile, and 4096 components
// (ENAMETOOLONG). A directory that is moved out while it is walked through is still walked through,
// and the sysctl fs.protected_symlinks is not applied.
int open_beneath_by_component(int directory, const char* name, int flags, mode_t mode);

// The first of the two that works here. openat2(2) is missing before Linux 5.6, and where a seccomp
// filter rejects it: systemd's RestrictSUIDSGID= (ENOSYS), older container runtimes (EPERM).
OpenAt choose_open_beneath(int directory);

}  // namespace netlab
