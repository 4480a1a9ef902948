// TransferSummary counts the outcomes of a transfer of many files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace netlab {

struct TransferSummary {
  std::uint64_t files = 0;     // received or sent
  std::uint64_t bytes = 0;     // file contents transferred in this run
  std::uint64_t complete = 0;  // files already complete
  std::uint64_t skipped = 0;   // links, devices and the like
  std::uint64_t failed = 0;    // files and directories
  std::uint64_t busy = 0;      // files that another transfer is writing to

  // Adds an earlier, interrupted attempt. The files it transferred were counted as already complete
  // by this one.
  void add_earlier(const TransferSummary& earlier) {
    files += earlier.files;
    bytes += earlier.bytes;
    complete -= std::min(complete, earlier.files);
  }
};

// The deepest nesting of directories. Bounds a copy of a directory into itself, and an endless tree
// that a server makes up.
inline constexpr std::size_t max_depth = 100;
// Limits on the entries of one remote directory, and on the directories still to be visited: their
// number, and the bytes of their names.
inline constexpr std::size_t max_entries = 1'000'000;
inline constexpr std::size_t max_name_bytes = 128 * 1024 * 1024;

}  // namespace netlab
