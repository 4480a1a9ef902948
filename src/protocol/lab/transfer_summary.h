// TransferSummary counts the outcomes of a transfer of many files.
#pragma once

#include <cstddef>
#include <cstdint>

#include "file/directory_reader.h"

namespace netlab {

struct TransferSummary {
  std::uint64_t files = 0;     // received or sent
  std::uint64_t bytes = 0;     // file contents transferred in this run
  std::uint64_t complete = 0;  // files already complete before
  std::uint64_t skipped = 0;   // links, devices and the like
  std::uint64_t failed = 0;    // files and directories
  std::uint64_t busy = 0;      // files that another transfer is writing to
};

// The same heuristic as rsync(1): a copy of equal size and modification time is complete.
inline bool passes_quick_check(const Entry& entry, std::uint64_t size, std::uint64_t modified) {
  return entry.kind == Entry::Kind::file && entry.size == size && entry.modified == modified;
}

// The deepest nesting of directories. Bounds a copy of a directory into itself, and an endless tree
// that a server makes up.
inline constexpr std::size_t max_depth = 100;
// Limits on the entries of one remote directory, and on the directories still to be visited: their
// number, and the bytes of their names.
inline constexpr std::size_t max_entries = 1'000'000;
inline constexpr std::size_t max_name_bytes = 128 * 1024 * 1024;

}  // namespace netlab
