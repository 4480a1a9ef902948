// DirectoryReader reads the entries of a directory one at a time (readdir(3)), so a million entries
// take no more memory than one.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "file/directory.h"
#include "file/file_status.h"

namespace netlab {

struct Entry {
  enum class Kind { file, directory, link, other };
  Kind kind = Kind::file;
  std::string name;
  std::uint64_t size = 0;      // bytes; only of a file
  std::uint64_t modified = 0;  // nanoseconds since the Epoch
  bool executable = false;     // by its owner; only of a file

  bool operator==(const Entry&) const = default;
};

class DirectoryReader {
 public:
  // Throws SystemError{"open NAME"}, ENOTDIR.
  DirectoryReader(const Directory& parent, const std::string& name);

  // The next entry, or nullopt at the end. Entries are in no order, without "." and "..", and
  // without those that have been removed meanwhile. Throws SystemError.
  std::optional<Entry> next();
  const FileStatus& status() const { return status_; }  // of the directory

 private:
  struct Close {
    void operator()(DIR* stream) const;
  };

  std::string name_;
  FileStatus status_;
  std::unique_ptr<DIR, Close> stream_;
};

}  // namespace netlab
