#include "file/partial_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "file/file_status.h"
#include "socket/retry_eintr.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

constexpr mode_t new_file = 0666;  // less the umask
constexpr mode_t new_program = 0777;

// DEST, or where ".part.state.new" behind it would be more than a name may have (NAME_MAX), its
// start with a mark that tells it from others that start alike.
std::string stem_of(const std::string& name) {
  constexpr std::size_t longest = 255 - std::string_view(".part.state.new").size();
  if (name.size() <= longest) return name;
  const std::string mark = fmt::format("-{:016x}", std::hash<std::string>{}(name));
  return name.substr(0, longest - mark.size()) + mark;
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

bool same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

[[noreturn]] void throw_locked(const FileName& place) {
  throw SystemError("lock " + place.path() + " (another transfer writes to it)", EWOULDBLOCK);
}

// Two transfers into one file would mix: flock(2) lets the second know.
bool lock(const Fd& file, const FileName& place) {
  const int result = retry_interrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); });
  if (result < 0 && result != -EWOULDBLOCK) throw SystemError("lock " + place.path(), -result);
  return result >= 0;
}

// Whoever replaced the file under our hands would have his own renamed for ours.
void check_in_place(const Fd& file, const FileName& place) {
  struct stat opened {};
  if (::fstat(file.get(), &opened) != 0) throw SystemError("stat " + place.path());
  const auto there = place.status();
  if (!there || !same_file(opened, *there)) throw_locked(place);
}

// Gives no file when none is there.
Fd open_and_lock(const FileName& place, int flags) {
  // Whoever held the lock may have renamed the file away after we opened it: then once more. It
  // takes a transfer's end in the same microseconds each time, so that ten times do.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const int fd = place.open(flags, new_file);
    if (fd == -ENOENT && (flags & O_CREAT) == 0) return {};
    if (fd < 0) throw SystemError("open " + place.path(), -fd);
    Fd file(fd);
    if (!lock(file, place)) break;
    struct stat opened {};
    if (::fstat(fd, &opened) != 0) throw SystemError("stat " + place.path());
    if (!S_ISREG(opened.st_mode)) throw SystemError("resume " + place.path(), EINVAL);
    const auto there = place.status();
    if (there && same_file(opened, *there)) return file;
  }
  throw_locked(place);
}

// Place::remove, and Place::open for writing, know no owner: these do.
std::optional<std::string> state_text(const FileName& state) {
  const Fd file(state.open(O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) return std::nullopt;
  std::array<std::byte, PartialRecord::most + 1> bytes;
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = call::read(file.get(), std::span(bytes).subspan(size));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return std::string(reinterpret_cast<const char*>(bytes.data()), size);
}

bool is_another_s(const FileName& state) {
  return state.status_of_link() && !PartialRecord::is_ours(state_text(state).value_or("?"));
}

[[noreturn]] void throw_another_s(const FileName& place) {
  throw SystemError("replace " + place.path() + " (nothing says that netlab made it: move it away)",
                    EEXIST);
}

void remove_state(const FileName& destination) {
  const FileName state = state_of(destination);
  if (!is_another_s(state)) state.remove();
}

void write_state(const FileName& destination, const PartialRecord& state) {
  const FileName fresh = beside(destination, ".part.state.new");
  for (const FileName& place : {fresh, state_of(destination)})
    if (is_another_s(place)) throw_another_s(place);
  const int fd = fresh.open(O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, new_file);
  if (fd < 0) throw SystemError("open " + fresh.path(), -fd);
  const Fd file(fd);
  call::write_all(fd, bytes_of(state.emit()), fresh.path());
  fresh.rename(state_of(destination), true);
}

void make_durable(const Fd& file, const std::string& path) {
  if (::fsync(file.get()) != 0) throw SystemError("sync " + path);
}

// Whoever was killed while it wrote a small file has left no state: where what is there is the
// beginning of these bytes, it is as if it had, for nothing is lost. (An empty one needs none, and
// may be somebody's who is about to write.)
void adopt_prefix(const FileName& destination, std::span<const std::byte> bytes) {
  auto part = PartialFile::find_part(destination);
  if (!part || !part->would_lose_user_data() || part->size() > bytes.size()) return;
  std::vector<std::byte> there(part->size());
  part->read(0, there);
  if (std::ranges::equal(there, bytes.first(there.size()))) part->start(part->size(), "");
}

}  // namespace

FileName PartialFile::part_of(const FileName& destination) {
  return beside(destination, ".part");
}

PartialFile::PartialFile(const FileName& destination, const FileName& place, Fd file, bool is_ours)
    : destination_(destination),
      place_(place),
      file_(std::move(file)),
      is_ours_(is_ours),
      size_(size_of(file_, path())) {
  const auto text = state_text(state_of(destination));
  is_known_ = text && PartialRecord::is_ours(*text);
  state_ = PartialRecord::parse(text.value_or(""));
}

std::optional<PartialFile> PartialFile::find_part(const FileName& destination) {
  const FileName part = part_of(destination);
  Fd file = open_and_lock(part, O_RDWR | O_NOFOLLOW);
  if (!file) return std::nullopt;
  return PartialFile(destination, part, std::move(file), true);
}

std::optional<PartialFile> PartialFile::find(const FileName& destination) {
  if (auto part = find_part(destination)) return part;
  // DEST may be a link that the user made. One that can't be written may be whole, or be copied.
  const bool is_writable = Fd(destination.open(O_RDWR | O_NONBLOCK)).get() != -EACCES;
  Fd file = open_and_lock(destination, is_writable ? O_RDWR : O_RDONLY);
  if (!file) return std::nullopt;
  return PartialFile(destination, destination, std::move(file), false);
}

PartialFile PartialFile::create(const FileName& destination, bool replace) {
  Fd replaced(replace ? destination.open(O_RDONLY | O_NONBLOCK | O_NOFOLLOW) : -1);
  if (replaced && !lock(replaced, destination)) throw_locked(destination);
  PartialFile partial = create_part(destination);
  partial.state_.replace = replace;
  partial.replaced_ = std::move(replaced);
  return partial;
}

PartialFile PartialFile::create_part(const FileName& destination) {
  const FileName part = part_of(destination);
  PartialFile partial(destination, part, open_and_lock(part, O_RDWR | O_CREAT | O_NOFOLLOW), true);
  if (partial.would_lose_user_data()) throw_another_s(part);
  return partial;
}

PartialFile PartialFile::copy(std::uint64_t count, const std::string& tag) const {
  PartialFile part = create_part(destination_);  // DEST is locked, by us
  part.replace();
  try {
    part.start(0, tag);
    part.take_from(*this, count);
  } catch (...) {  // shorter than DEST, it would be taken in its place
    part.discard();
    throw;
  }
  return part;
}

void PartialFile::discard() {
  place_.remove();
  remove_state(destination_);
}

void PartialFile::take_from(const PartialFile& other, std::uint64_t count) {
  struct stat status {};
  if (::fstat(other.file_.get(), &status) != 0) throw SystemError("stat " + other.path());
  if (::fchmod(file_.get(), status.st_mode & 0777) != 0) throw SystemError("chmod " + path());
  for (std::uint64_t at = 0; at < count;) {
    const ssize_t copied = call::send_file(file_.get(), other.file_.get(), at, count - at);
    if (copied < 0) throw SystemError("copy to " + path(), static_cast<int>(-copied));
    if (copied == 0) throw SystemError("read " + other.path() + " (it has become shorter)", EIO);
    at += static_cast<std::uint64_t>(copied);
  }
  size_ = count;
}

bool PartialFile::is_file_of_its_own() const {
  const auto there = place_.status_of_link();
  return there && S_ISREG(there->st_mode);
}

void PartialFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (call::read_all_at(file_.get(), into, offset, path()) < into.size())
    throw SystemError("read " + path() + " (it has become shorter)", EIO);
}

void PartialFile::start(std::uint64_t offset, const std::string& tag, bool holes) {
  state_.tag = tag;
  state_.holes = holes || (state_.holes && offset > 0);
  // First, for it says that what is there is ours.
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
  const int fd = place_.open(O_WRONLY | O_NOFOLLOW);
  if (fd < 0) throw SystemError("open " + path(), -fd);
  Fd file(fd);
  seek(file, offset, path());
  return file;
}

std::string PartialFile::unlock() const {
  const std::string tag = FileStatus::of(file_, path()).tag;
  if (::flock(file_.get(), LOCK_UN) != 0) throw SystemError("unlock " + path());
  return tag;
}

void PartialFile::lock_again(const std::string& tag) const {
  if (!lock(file_, place_) || FileStatus::of(file_, path()).tag != tag) throw_locked(place_);
  check_in_place(file_, place_);
}

void PartialFile::complete(const FinalAttributes& finish) {
  if (finish.executable) set_executable(file_, *finish.executable, path());
  if (finish.modified) set_modified(file_, *finish.modified, path());
  if (finish.durable) make_durable(file_, path());
  check_in_place(file_, place_);
  if (is_ours_) {
    place_.rename(destination_, state_.replace);
  }
  if (finish.durable) destination_.sync_directory();
  remove_state(destination_);
}

void write_whole(const FileName& destination, std::span<const std::byte> bytes, bool replace,
                 const FinalAttributes& finish) {
  const FileName part = PartialFile::part_of(destination);
  const int fd = part.open(O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                           finish.executable.value_or(false) ? new_program : new_file);
  if (fd == -EEXIST) {  // of an earlier time, or another transfer's
    adopt_prefix(destination, bytes);
    PartialFile partial = PartialFile::create(destination, replace);
    partial.start(0, "");
    call::write_all(partial.file().get(), bytes, partial.path());
    partial.complete(finish);
    return;
  }
  if (fd < 0) throw SystemError("open " + part.path(), -fd);
  const Fd file(fd);
  if (!lock(file, part)) throw_locked(part);
  check_in_place(file, part);  // whoever was quicker may have written to it and renamed it
  call::write_all(fd, bytes, part.path());
  if (finish.modified) set_modified(file, *finish.modified, part.path());
  if (finish.durable) make_durable(file, part.path());
  check_in_place(file, part);
  part.rename(destination, replace);
  if (finish.durable) destination.sync_directory();
}

bool is_partial(const FileName& place) {
  if (!is_named_as_partial(place.name())) return false;
  const bool is_part = place.name().ends_with(".part");
  const FileName state = is_part ? place.beside(place.name() + ".state") : place;
  const auto text = state_text(state);
  return text && PartialRecord::is_ours(*text);
}

bool is_named_as_partial(std::string_view name) {
  return name.ends_with(".part") || name.ends_with(".part.state") ||
         name.ends_with(".part.state.new");
}

PathState look_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {PathState::Kind::absent, 0};
  if (S_ISDIR(status.st_mode)) return {PathState::Kind::directory, 0};
  if (!S_ISREG(status.st_mode)) return {PathState::Kind::other, 0};
  return {PathState::Kind::regular, static_cast<std::uint64_t>(status.st_size)};
}

Fd open_to_write(const std::string& path) {
  const int fd = retry_interrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); });
  if (fd < 0) throw SystemError("open " + path, -fd);
  return Fd(fd);
}

void lock_to_write(const Fd& file, const std::string& path) {
  const FileName place = FileName::of(path);
  if (!lock(file, place)) throw_locked(place);
}

void seek(const Fd& file, std::uint64_t offset, const std::string& path) {
  if (::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    throw SystemError("seek " + path);
}

}  // namespace netlab
