// What became of many files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace netlab {

struct TransferSummary {
  std::uint64_t files = 0;     // received, or sent
  std::uint64_t bytes = 0;     // of them, in this run
  std::uint64_t complete = 0;  // files that were there already
  std::uint64_t skipped = 0;   // links, devices and the like
  std::uint64_t failed = 0;    // files and folders
  std::uint64_t busy = 0;      // files that another transfer writes to

  // An earlier attempt broke off: what it brought is there already in this one.
  void add_earlier(const TransferSummary& earlier) {
    files += earlier.files;
    bytes += earlier.bytes;
    complete -= std::min(complete, earlier.files);
  }
};

// How deep folders may lie in each other: who sends a folder into itself, or makes up an endless
// one, comes to an end.
inline constexpr std::size_t max_depth = 100;
// So many entries of a folder are taken from a server, and so many folders are kept in mind; and so
// many bytes of their names.
inline constexpr std::size_t max_entries = 1'000'000;
inline constexpr std::size_t max_name_bytes = 128 * 1024 * 1024;

}  // namespace netlab
