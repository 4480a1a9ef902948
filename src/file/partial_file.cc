#include "file/partial_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "file/file_lock.h"
#include "file/file_status.h"
#include "file/path_state.h"
#include "socket/retry_eintr.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

constexpr mode_t new_file = 0666;  // minus the umask
constexpr mode_t new_program = 0777;

// The name of DEST. If ".part.state.new" does not fit after it (NAME_MAX), it is cut short and ends
// with a hash, which distinguishes it from other long names with the same start.
std::string stem_of(const std::string& name) {
  constexpr std::size_t max_size = 255 - std::string_view(".part.state.new").size();
  if (name.size() <= max_size) return name;
  const std::string hash = fmt::format("-{:016x}", std::hash<std::string>{}(name));
  return name.substr(0, max_size - hash.size()) + hash;
}

FileName beside(const FileName& destination, const char* suffix) {
  return destination.beside(stem_of(destination.name()) + suffix);
}

FileName state_of(const FileName& destination) {
  return beside(destination, ".part.state");
}

std::uint64_t size_of(const Fd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw SystemError("stat " + path);
  return static_cast<std::uint64_t>(status.st_size);
}

// The last steps before a complete file gets its final name.
void settle(const Fd& file, const FileName& name, const FinalAttributes& finish) {
  if (finish.modified) set_modified(file, *finish.modified, name.path());
  if (finish.durable && ::fsync(file.get()) != 0) throw SystemError("sync " + name.path());
}

// The text of a state file, at most PartialRecord::max_size bytes and one more; nullopt if there is
// none.
std::optional<std::string> state_text(const FileName& state) {
  const Fd file(state.open(O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) return std::nullopt;
  std::array<std::byte, PartialRecord::max_size + 1> bytes;
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = call::read(file.get(), std::span(bytes).subspan(size));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return std::string(reinterpret_cast<const char*>(bytes.data()), size);
}

bool is_foreign(const FileName& state) {
  return state.status_of_link() && !PartialRecord::is_ours(state_text(state).value_or("?"));
}

[[noreturn]] void throw_foreign(const FileName& name) {
  throw SystemError("replace " + name.path() + " (not created by netlab: move it away)", EEXIST);
}

// State files are removed and written only here, where a file of the same name that netlab did not
// write is protected.
void remove_state(const FileName& destination) {
  const FileName state = state_of(destination);
  if (!is_foreign(state)) state.remove();
}

void write_state(const FileName& destination, const PartialRecord& state) {
  const FileName fresh = beside(destination, ".part.state.new");
  for (const FileName& name : {fresh, state_of(destination)})
    if (is_foreign(name)) throw_foreign(name);
  const int fd = fresh.open(O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, new_file);
  if (fd < 0) throw SystemError("open " + fresh.path(), -fd);
  const Fd file(fd);
  call::write_all(fd, bytes_of(state.emit()), fresh.path());
  fresh.rename(state_of(destination), true);
}

// Whether it exists but cannot be opened for writing: no permission, a read-only file system, or a
// running program.
bool is_read_only(const FileName& name) {
  const Fd opened(name.open(O_RDWR | O_NONBLOCK));
  const int error = -opened.get();  // if negative
  return !opened && (error == EACCES || error == EPERM || error == EROFS || error == ETXTBSY);
}

// A process killed in write_whole() leaves a DEST.part without a state file. If it is a prefix of
// `bytes`, nothing can be lost, so the missing state file is written. An empty DEST.part needs
// none, and may belong to a transfer that is about to write.
void adopt_prefix(const FileName& destination, std::span<const std::byte> bytes) {
  auto part = PartialFile::find_part(destination);
  if (!part || part->origin() != PartialFile::Origin::foreign || part->size() > bytes.size())
    return;
  std::vector<std::byte> existing(part->size());
  part->read(0, existing);
  if (std::ranges::equal(existing, bytes.first(existing.size()))) part->start(part->size(), "");
}

}  // namespace

FileName PartialFile::part_of(const FileName& destination) {
  return beside(destination, ".part");
}

PartialFile::PartialFile(const FileName& destination, const FileName& name, Fd file, Origin origin)
    : destination_(destination),
      name_(name),
      file_(std::move(file)),
      origin_(origin),
      size_(size_of(file_, path())) {
  const auto text = state_text(state_of(destination));
  const bool is_known = text && PartialRecord::is_ours(*text);
  if (origin_ == Origin::ours && size_ > 0 && !is_known) origin_ = Origin::foreign;
  state_ = PartialRecord::parse(text.value_or(""));
}

std::optional<PartialFile> PartialFile::find_part(const FileName& destination) {
  const FileName part = part_of(destination);
  Fd file = open_and_lock(part, O_RDWR | O_NOFOLLOW);
  if (!file) return std::nullopt;
  // The constructor makes it foreign unless it is empty or its state file says otherwise.
  return PartialFile(destination, part, std::move(file), Origin::ours);
}

std::optional<PartialFile> PartialFile::find(const FileName& destination) {
  if (auto part = find_part(destination)) return part;
  // Links are followed, because the user may have made DEST one. A DEST that cannot be written may
  // be complete already, or be copied.
  Fd file = open_and_lock(destination, is_read_only(destination) ? O_RDONLY : O_RDWR);
  if (!file) return std::nullopt;
  return PartialFile(destination, destination, std::move(file), Origin::final_name);
}

PartialFile PartialFile::create(const FileName& destination, bool replace) {
  Fd replaced(replace ? destination.open(O_RDONLY | O_NONBLOCK | O_NOFOLLOW) : -1);
  if (replaced) lock_to_write(replaced, destination);
  PartialFile partial = create_part(destination);
  partial.state_.replace = replace;
  partial.replaced_ = std::move(replaced);
  return partial;
}

PartialFile PartialFile::create_part(const FileName& destination) {
  const FileName part = part_of(destination);
  Fd file = open_and_lock(part, O_RDWR | O_CREAT | O_NOFOLLOW, new_file);
  PartialFile partial(destination, part, std::move(file), Origin::ours);
  if (partial.origin_ == Origin::foreign) throw_foreign(part);
  return partial;
}

PartialFile PartialFile::copy(std::uint64_t count, const std::string& tag) const {
  PartialFile part = create_part(destination_);  // we hold the lock on DEST
  part.replace();
  try {
    part.start(0, tag);
    part.copy_from(*this, count);
  } catch (...) {  // find() would prefer it to DEST, although it is shorter
    part.discard();
    throw;
  }
  return part;
}

void PartialFile::discard() {
  name_.remove();
  remove_state(destination_);
}

void PartialFile::copy_from(const PartialFile& other, std::uint64_t count) {
  struct stat status {};
  if (::fstat(other.file_.get(), &status) != 0) throw SystemError("stat " + other.path());
  if (::fchmod(file_.get(), status.st_mode & 0777) != 0) throw SystemError("chmod " + path());
  for (std::uint64_t at = 0; at < count;) {
    const ssize_t copied = call::send_file(file_.get(), other.file_.get(), at, count - at);
    if (copied < 0) throw SystemError("copy to " + path(), static_cast<int>(-copied));
    if (copied == 0) throw SystemError("read " + other.path() + " (the file has shrunk)", EIO);
    at += static_cast<std::uint64_t>(copied);
  }
  size_ = count;
}

bool PartialFile::is_file_of_its_own() const {
  const auto current = name_.status_of_link();
  return current && S_ISREG(current->st_mode);
}

void PartialFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (call::read_all_at(file_.get(), into, offset, path()) < into.size())
    throw SystemError("read " + path() + " (the file has shrunk)", EIO);
}

void PartialFile::start(std::uint64_t offset, const std::string& tag, bool holes) {
  state_.tag = tag;
  state_.holes = holes || (state_.holes && offset > 0);
  // The state file comes first, because it marks DEST.part as ours.
  write_state(destination_, state_);
  truncate(offset);
  seek(file_, offset, path());
}

void PartialFile::truncate(std::uint64_t size) const {
  const auto end = static_cast<off_t>(size);
  if (retry_interrupted([&] { return ::ftruncate(file_.get(), end); }) < 0)
    throw SystemError("truncate " + path());
}

void PartialFile::sync() const {
  if (::fdatasync(file_.get()) != 0) throw SystemError("sync " + path());
}

Fd PartialFile::reopen(std::uint64_t offset) const {
  const int fd = name_.open(O_WRONLY | O_NOFOLLOW);
  if (fd < 0) throw SystemError("open " + path(), -fd);
  Fd file(fd);
  seek(file, offset, path());
  return file;
}

std::string PartialFile::unlock() const {
  const std::string tag = FileStatus::of(file_, path()).tag;
  netlab::unlock(file_, name_);
  return tag;
}

void PartialFile::lock_again(const std::string& tag) const {
  lock_to_write(file_, name_);
  if (FileStatus::of(file_, path()).tag != tag) throw_locked(name_);
  check_in_place(file_, name_);
}

void PartialFile::complete(const FinalAttributes& finish) {
  if (finish.executable) set_executable(file_, *finish.executable, path());
  settle(file_, name_, finish);
  check_in_place(file_, name_);
  if (origin_ != Origin::final_name) name_.rename(destination_, state_.replace);
  if (finish.durable) destination_.sync_directory();
  remove_state(destination_);
}

void write_whole(const FileName& destination, std::span<const std::byte> bytes, bool replace,
                 const FinalAttributes& finish) {
  const FileName part = PartialFile::part_of(destination);
  const int fd = part.open(O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                           finish.executable.value_or(false) ? new_program : new_file);
  if (fd == -EEXIST) {  // left by an earlier transfer, or in use by another one
    adopt_prefix(destination, bytes);
    PartialFile partial = PartialFile::create(destination, replace);
    partial.start(0, "");
    call::write_all(partial.file().get(), bytes, partial.path());
    partial.complete(finish);
    return;
  }
  if (fd < 0) throw SystemError("open " + part.path(), -fd);
  const Fd file(fd);
  lock_to_write(file, part);
  check_in_place(file, part);  // another transfer may have written to it and renamed it
  call::write_all(fd, bytes, part.path());
  settle(file, part, finish);
  // Not checked once more: all of this takes microseconds, and other transfers respect the lock.
  part.rename(destination, replace);
  if (finish.durable) destination.sync_directory();
}

bool is_partial(const FileName& file) {
  if (!is_named_as_partial(file.name())) return false;
  const bool is_part = file.name().ends_with(".part");
  const FileName state = is_part ? file.beside(file.name() + ".state") : file;
  const auto text = state_text(state);
  return text && PartialRecord::is_ours(*text);
}

bool is_named_as_partial(std::string_view name) {
  return name.ends_with(".part") || name.ends_with(".part.state") ||
         name.ends_with(".part.state.new");
}

}  // namespace netlab
