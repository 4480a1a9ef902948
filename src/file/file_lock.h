// Locks on files that transfers write to (flock(2)): they keep two transfers from mixing their
// bytes in one file. A lock belongs to the open file, and ends when its last descriptor is closed.
#pragma once

#include "file/directory.h"

namespace netlab {

// Throws SystemError, EWOULDBLOCK if another transfer has the lock.
void lock_to_write(const Fd& file, const FileName& name);
// Gives the lock up. Throws SystemError.
void unlock(const Fd& file, const FileName& name);
// Opens the file with the flags of open(2) and locks it; an empty Fd if it does not exist. Throws
// SystemError: EWOULDBLOCK, EINVAL if it is not a regular file.
Fd open_and_lock(const FileName& name, int flags, mode_t mode = 0);
// Throws SystemError, EWOULDBLOCK, if the name belongs to another file by now: another transfer has
// renamed this one.
void check_in_place(const Fd& file, const FileName& name);

// Throws what the functions above throw if another transfer writes to the file.
[[noreturn]] void throw_locked(const FileName& name);

}  // namespace netlab
