#include "file/partial.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <functional>
#include <string_view>

#include "socket/bytes.h"
#include "socket/calls.h"
#include "socket/error.h"
#include "socket/interrupted.h"

namespace netlab {
namespace {

constexpr mode_t new_file = 0666;  // less the umask
constexpr std::string_view state_mark = "netlab partial 1\ntag ";
constexpr std::string_view replace_mark = "\nreplace\n";
constexpr std::size_t most_state = 256;

// DEST, or where ".part.state.new" behind it would be more than a name may have (NAME_MAX), its
// start with a mark that tells it from others that start alike.
std::string stem_of(const std::string& destination) {
  constexpr std::size_t longest = 255 - std::string_view(".part.state.new").size();
  const std::size_t begin = destination.rfind('/') + 1;  // npos + 1 is 0
  if (destination.size() - begin <= longest) return destination;
  const std::string mark =
      fmt::format("-{:016x}", std::hash<std::string>{}(destination.substr(begin)));
  return destination.substr(0, begin + longest - mark.size()) + mark;
}

std::string part_of(const std::string& destination) {
  return stem_of(destination) + ".part";
}

std::string state_of(const std::string& destination) {
  return stem_of(destination) + ".part.state";
}

int open_file(const std::string& path, int flags) {
  return retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, new_file); });
}

std::uint64_t size_of(const Fd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw SystemError("stat " + path);
  return static_cast<std::uint64_t>(status.st_size);
}

bool same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// Two downloads into one file would mix: flock(2) lets the second know. Gives no file when none is
// there.
Fd open_and_lock(const std::string& path, int flags) {
  // Whoever held the lock may have renamed the file away after we opened it: then once more. It
  // takes a download's end in the same microseconds each time, so that ten times do.
  for (int attempt = 0; attempt < 10; ++attempt) {
    Fd file(open_file(path, flags));
    if (!file && errno == ENOENT && (flags & O_CREAT) == 0) return file;
    if (!file) throw SystemError("open " + path);
    const int locked = retry_interrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); });
    if (locked == -EWOULDBLOCK) break;
    if (locked < 0) throw SystemError("lock " + path, -locked);
    struct stat opened {};
    struct stat there {};
    if (::fstat(file.get(), &opened) != 0) throw SystemError("stat " + path);
    if (!S_ISREG(opened.st_mode)) throw SystemError("resume " + path, EINVAL);
    if (::stat(path.c_str(), &there) == 0 && same_file(opened, there)) return file;
  }
  throw SystemError("lock " + path + " (another download writes to it)", EWOULDBLOCK);
}

}  // namespace

Partial::State Partial::read_state(const std::string& destination) {
  const Fd file(open_file(state_of(destination), O_RDONLY | O_NOFOLLOW));
  if (!file) return {};
  std::array<std::byte, most_state> bytes;
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = call::read(file.get(), std::span(bytes).subspan(size));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), size);
  // A torn or foreign file says nothing.
  if (!text.starts_with(state_mark) || !text.ends_with('\n')) return {};
  text.remove_prefix(state_mark.size());
  return {std::string(text.substr(0, text.find('\n'))), text.ends_with(replace_mark)};
}

void Partial::write_state(const std::string& destination, const State& state) {
  const std::string path = state_of(destination);
  const std::string fresh = path + ".new";
  const Fd file(open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW));
  if (!file) throw SystemError("open " + fresh);
  const std::string text =
      fmt::format("{}{}{}", state_mark, state.tag, state.replace ? replace_mark : "\n");
  call::write_all(file.get(), bytes_of(text), fresh);
  if (::rename(fresh.c_str(), path.c_str()) != 0) throw SystemError("rename " + fresh);
}

Partial::Partial(std::string destination, std::string path, Fd file)
    : destination_(std::move(destination)),
      path_(std::move(path)),
      file_(std::move(file)),
      size_(size_of(file_, path_)),
      state_(read_state(destination_)) {}

std::optional<Partial> Partial::find(const std::string& destination) {
  for (const std::string& path : {part_of(destination), destination}) {
    // The .part is ours and no link; DEST may be a link that the user made.
    Fd file = open_and_lock(path, O_RDWR | (path == destination ? 0 : O_NOFOLLOW));
    if (file) return Partial(destination, path, std::move(file));
  }
  return std::nullopt;
}

Partial Partial::create(const std::string& destination, bool replace) {
  const std::string path = part_of(destination);
  Partial partial(destination, path, open_and_lock(path, O_RDWR | O_CREAT | O_NOFOLLOW));
  partial.state_.replace = replace;
  return partial;
}

void Partial::read(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const ssize_t got = call::read_at(file_.get(), into, offset);
    if (got < 0) throw SystemError("read " + path_, static_cast<int>(-got));
    if (got == 0) throw SystemError("read " + path_ + " (it has become shorter)", EIO);
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

void Partial::start(std::uint64_t offset, const std::string& tag) {
  const auto end = static_cast<off_t>(offset);
  if (retry_interrupted([&] { return ::ftruncate(file_.get(), end); }) < 0)
    throw SystemError("truncate " + path_);
  seek(file_, offset, path_);
  state_.tag = tag;
  if (tag.empty() && !state_.replace)
    ::unlink(state_of(destination_).c_str());
  else
    write_state(destination_, state_);
}

void Partial::complete() {
  if (is_ours()) {
    const unsigned int flags = state_.replace ? 0 : RENAME_NOREPLACE;
    int result = ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, destination_.c_str(), flags);
    // A file system without RENAME_NOREPLACE.
    if (result != 0 && errno == EINVAL && !state_.replace)
      result = ::rename(path_.c_str(), destination_.c_str());
    if (result != 0) throw SystemError("rename " + path_ + " to " + destination_);
  }
  ::unlink(state_of(destination_).c_str());
}

PathState look_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {PathState::Kind::absent, 0};
  if (S_ISDIR(status.st_mode)) return {PathState::Kind::folder, 0};
  if (!S_ISREG(status.st_mode)) return {PathState::Kind::other, 0};
  return {PathState::Kind::regular, static_cast<std::uint64_t>(status.st_size)};
}

Fd open_to_write(const std::string& path) {
  Fd file(open_file(path, O_WRONLY));
  if (!file) throw SystemError("open " + path);
  return file;
}

void seek(const Fd& file, std::uint64_t offset, const std::string& path) {
  if (::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    throw SystemError("seek " + path);
}

}  // namespace netlab
