// Functions that open a name in a directory. Names from the user may lead anywhere; names from a
// peer lead only beneath the directory.
#pragma once

#include <sys/types.h>

namespace netlab {

// Opens `name` in `directory`, with the flags and the mode of open(2) and O_CLOEXEC. Returns the
// descriptor or -errno.
using OpenAt = int (*)(int directory, const char* name, int flags, mode_t mode);

// openat(2).
int open_anywhere(int directory, const char* name, int flags, mode_t mode);

// Two functions that open a name strictly beneath the directory: "..", an absolute name, or a
// symbolic link that leads out of it fails with EXDEV. O_PATH requires O_DIRECTORY.

// The kernel resolves the whole name in one call: openat2(2) with RESOLVE_BENEATH. Magic links,
// those of /proc/PID/fd and the like, fail with ELOOP.
int open_beneath_by_kernel(int directory, const char* name, int flags, mode_t mode);

// netlab opens one component at a time with O_NOFOLLOW, and follows symbolic links itself. A name
// may lead through at most 128 nested directories, which stay open meanwhile, and 4096 components
// (ENAMETOOLONG). If a directory is moved out during the walk, the walk continues in it. The sysctl
// fs.protected_symlinks is not applied.
int open_beneath_by_component(int directory, const char* name, int flags, mode_t mode);

// Returns the first of the two that works on this system. openat2(2) is missing before Linux 5.6,
// and where a seccomp filter rejects it: systemd's RestrictSUIDSGID= (ENOSYS), older container
// runtimes (EPERM).
OpenAt choose_open_beneath(int directory);

}  // namespace netlab
