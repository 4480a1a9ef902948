// Runs a file server in a sandbox: confines it to one directory (landlock(7)). This thread, and all
// threads and processes that it starts from then on, permanently lose access to other files and, if
// the kernel supports it, the rights to bind or connect TCP sockets and to signal other processes.
#pragma once

#include <cstdint>
#include <string>

#include "socket/fd.h"

namespace netlab {

// SandboxRules is what a kernel with a given version of Landlock can forbid, and what stays allowed
// beneath the directory. The masks are bits of linux/landlock.h.
struct SandboxRules {
  int abi;
  bool writable;
  std::uint64_t files;    // forbidden, except
  std::uint64_t beneath;  // these, in the directory and everything below it
  std::uint64_t network;  // binding and connecting TCP sockets; forbidden
  std::uint64_t scope;    // signals and sockets with abstract names; forbidden

  // `abi` must be at least 1.
  static SandboxRules of(int abi, bool writable);
  // "confined to DIRECTORY (Landlock ABI 7): reads files beneath it, nothing else".
  std::string text(const std::string& directory) const;
};

// Confines this thread to the directory, which may be a descriptor opened with O_PATH. Also
// disables core dumps and, except by root, tracing (PR_SET_DUMPABLE in prctl(2)), unless the
// process is already traced. Returns one line that says what was done. Missing or denied kernel
// support is reported in that line and is not an error.
std::string enter_sandbox(const Fd& directory, bool writable);

// Prevents executed programs from gaining privileges (PR_SET_NO_NEW_PRIVS in prctl(2)).
void set_no_new_privs();

}  // namespace netlab
