// SandboxRules takes from a server of files what it does not need, for good: this thread, and all
// threads and processes that it starts from then on, reach nothing but one folder (landlock(7)).
#pragma once

#include <cstdint>
#include <string>

#include "socket/fd.h"

namespace netlab {

// What a kernel with Landlock of some version can forbid, and what stays allowed beneath the
// folder: bits of linux/landlock.h.
struct SandboxRules {
  int abi;
  bool writable;
  std::uint64_t files;    // forbidden, but for
  std::uint64_t beneath;  // these, in the folder and all below it
  std::uint64_t network;
  std::uint64_t scope;  // of signals and of sockets with abstract names

  // `abi`: 1 or more.
  static SandboxRules of(int abi, bool writable);
  // "confined to FOLDER (Landlock ABI 7): reads files beneath it, nothing else".
  std::string text(const std::string& directory) const;
};

// Confines to the folder, a descriptor of O_PATH will do. From now on no core is dumped either, and
// nobody but root may begin to trace the process (PR_SET_DUMPABLE in prctl(2)). Returns what was
// done in one line; a kernel that can't do it, or does not let us, is told there and is no error.
std::string enter_sandbox(const Fd& directory, bool writable);

// Programs that would be executed gain no privileges (PR_SET_NO_NEW_PRIVS in prctl(2)).
void set_no_new_privs();

}  // namespace netlab
