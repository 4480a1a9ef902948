// PartialFile is a file that is not whole yet. It is written to DEST.part, and becomes DEST by a
// rename when it is whole, so that nobody ever sees half a file under the final name; beside it
// DEST.part.state tells which state of the remote file it is a part of, and that it is netlab's: a
// file that only happens to be called so is never begun anew, nor is such a state replaced. A
// partial that someone made by other means is continued where it is a part; under the final name in
// a copy, or in its place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "file/directory.h"
#include "file/partial_record.h"
#include "socket/fd.h"

namespace netlab {

// What a file gets with its final name.
struct FinalAttributes {
  std::optional<std::uint64_t> modified{};  // nanoseconds since the Epoch; nothing: now
  std::optional<bool> executable{};         // nothing: as it is
  bool durable = false;  // it is on the disk, and so is its name, when complete() returns
};

class PartialFile {
 public:
  // DEST.part or, failing that, DEST itself; nothing when neither is there. Throws SystemError:
  // EWOULDBLOCK when another transfer writes to it.
  static std::optional<PartialFile> find(const FileName& destination);
  // DEST.part alone.
  static std::optional<PartialFile> find_part(const FileName& destination);
  // DEST.part, whatever is in it until start(). `replace`: DEST may be there and is to be replaced.
  // Throws SystemError, EEXIST when a file is there that is not known; EWOULDBLOCK when
  // another transfer writes to it, or to the DEST that is to be replaced.
  static PartialFile create(const FileName& destination, bool replace);
  // DEST.part with the first `count` bytes of this one, which is DEST and stays until the other is
  // whole, for more from the remote file of this tag. Throws SystemError, EIO when it has become
  // shorter; then there is no DEST.part.
  PartialFile copy(std::uint64_t count, const std::string& tag) const;
  // Where the bytes go until they are whole.
  static FileName part_of(const FileName& destination);

  const std::string& path() const { return place_.path(); }
  std::uint64_t size() const { return size_; }  // bytes, when it was opened
  // The tag of the remote file it is a part of; empty when nobody wrote it down.
  const std::string& tag() const { return state_.tag; }
  bool may_have_holes() const { return state_.holes; }

  // Whether it is a DEST.part, and not a file that was there under the final name.
  bool is_ours() const { return is_ours_; }
  // Whether its state says that netlab made it. That of a small file has none while it is written.
  bool is_known() const { return is_known_; }
  // Whether something would be lost with it that may be the user's own.
  bool would_lose_user_data() const { return size_ > 0 && !is_known_; }

  // Whether its name is its own, and not that of a link to it.
  bool is_file_of_its_own() const;

  // DEST may be there, and is to be replaced.
  void replace() { state_.replace = true; }

  // Fills `into` from there on. Throws SystemError, EIO when it has become shorter.
  void read(std::uint64_t offset, std::span<std::byte> into) const;
  // Writing begins: goes to `offset`, which is at most size(), and notes the remote's tag. What was
  // behind `offset` is cut off. `holes`: what is written from now on may come in any order. Throws
  // SystemError, EEXIST when the state's name is that of another's file.
  void start(std::uint64_t offset, const std::string& tag, bool holes = false);
  const Fd& file() const { return file_; }
  // A further descriptor with a position of its own. Throws SystemError.
  Fd reopen(std::uint64_t offset) const;
  // Cuts off what is behind `size`. Throws SystemError.
  void truncate(std::uint64_t size) const;
  // fdatasync(2). Throws SystemError.
  void sync() const;
  // Lets others write to it; the tag of what it is now (FileStatus).
  std::string unlock() const;
  // Throws SystemError, EWOULDBLOCK when another does, or has.
  void lock_again(const std::string& tag) const;
  // It is whole: gives it its final name. Throws SystemError, EEXIST when DEST has come up
  // meanwhile and is not to be replaced, EWOULDBLOCK when DEST.part is another file by now.
  void complete(const FinalAttributes& finish = {});

 private:
  PartialFile(const FileName& destination, const FileName& place, Fd file, bool is_ours);
  static PartialFile create_part(const FileName& destination);
  void take_from(const PartialFile& other, std::uint64_t count);
  void discard();

  FileName destination_;
  FileName place_;
  Fd file_;
  Fd replaced_{};  // DEST, locked: nobody else continues it in its place
  bool is_ours_;
  std::uint64_t size_;
  bool is_known_ = false;
  PartialRecord state_;
};

// All of a small file at once, by way of DEST.part and with fewer calls. Throws SystemError, EEXIST
// as complete(), and as create() unless what is there is the beginning of `bytes`.
void write_whole(const FileName& destination, std::span<const std::byte> bytes, bool replace,
                 const FinalAttributes& finish);

// Whether it is the partial of a transfer, running or broken off, or its state: netlab made it.
bool is_partial(const FileName& place);

// Whether a file of this name could be the partial of another, or its state. Of several, sorted by
// their names, the other comes first.
bool is_named_as_partial(std::string_view name);

// What is at a path, links followed.
struct PathState {
  enum class Kind { absent, regular, directory, other } kind;
  std::uint64_t size;  // bytes, of a regular file
};
PathState look_at(const std::string& path);

// Opens what is there, to be written as it is. Throws SystemError.
Fd open_to_write(const std::string& path);
// No other transfer writes to it from now on. Throws SystemError, EWOULDBLOCK when one does.
void lock_to_write(const Fd& file, const std::string& path);
// Moves the position where the next write goes. Throws SystemError.
void seek(const Fd& file, std::uint64_t offset, const std::string& path);

}  // namespace netlab
