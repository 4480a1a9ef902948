// DirectoryReader reads what is in a folder, an entry at a time: a million of them cost no more
// memory than one (readdir(3)).
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
  std::uint64_t size = 0;      // bytes, of a file
  std::uint64_t modified = 0;  // nanoseconds since the Epoch
  bool executable = false;     // of a file

  bool operator==(const Entry&) const = default;
};

class DirectoryReader {
 public:
  // Throws SystemError{"open NAME"}, ENOTDIR.
  DirectoryReader(const Directory& parent, const std::string& name);

  // In no order, without "." and ".."; what is gone meanwhile is left out. Throws SystemError.
  std::optional<Entry> next();
  const FileStatus& state() const { return state_; }  // of the folder

 private:
  struct Close {
    void operator()(DIR* stream) const;
  };

  std::string name_;
  FileStatus state_;
  std::unique_ptr<DIR, Close> stream_;
};

}  // namespace netlab
