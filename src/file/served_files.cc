#include "file/served_files.h"

#include <filesystem>

#include "base/error.h"

namespace netlab {

ServedFiles::Served ServedFiles::locate(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw SystemError("open " + path, error ? error.value() : ENOENT);
  if (std::filesystem::is_directory(status)) return {path, ""};
  const std::filesystem::path whole(path);
  return {whole.has_parent_path() ? whole.parent_path().string() : ".", whole.filename().string()};
}

ServedFiles::ServedFiles(const std::string& path, const std::string& default_name)
    : ServedFiles(locate(path), default_name) {}

ServedFiles::ServedFiles(const Served& served, const std::string& default_name)
    : directory_(served.directory, Directory::Bounds::beneath),
      default_name_(served.file.empty() ? default_name : served.file),
      single_(!served.file.empty()) {
  if (!default_name_.empty()) open("");  // fail now, not at each request
}

ServedFile ServedFiles::open(std::string_view requested) const {
  const std::string name(requested.empty() ? default_name_ : requested);
  check(name);
  // O_NONBLOCK: opening a FIFO must not wait for its other end.
  ServedFile file{directory_.open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY), FileStatus(), name};
  file.status = FileStatus::of(file.fd, name);
  return file;
}

DirectoryReader ServedFiles::list(const std::string& name) const {
  check(name);
  return DirectoryReader(directory_, name);
}

FileName ServedFiles::file_name(const std::string& name) const {
  check(name);
  return directory_.file_name(name);
}

void ServedFiles::check(const std::string& name) const {
  if (name.empty() || name.find('\0') != std::string::npos) throw SystemError("open", ENOENT);
  if (single_ && name != default_name_) throw SystemError("open " + name, ENOENT);
}

}  // namespace netlab
