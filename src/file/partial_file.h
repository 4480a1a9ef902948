// PartialFile is a file that has not been received completely. It is written to DEST.part and
// renamed to DEST when complete, so an incomplete file never appears under the final name.
// DEST.part.state records which version of the remote file DEST.part belongs to, and that netlab
// created it. Without that record, an existing DEST.part is never overwritten from the start, and
// a state file that netlab did not write is never replaced. A partial file made by other means is
// continued if its bytes match the remote file. If it has the final name, it is continued in a copy
// or in place.
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

// The attributes that a file gets with its final name.
struct FinalAttributes {
  std::optional<std::uint64_t> modified{};  // nanoseconds since the Epoch; nullopt: time of writing
  std::optional<bool> executable{};         // nullopt: unchanged
  bool durable = false;  // complete() returns only when the bytes and the name are on disk
};

class PartialFile {
 public:
  // Which file it was when it was opened.
  enum class Origin {
    ours,        // DEST.part, created by netlab according to its state file, or empty
    foreign,     // another DEST.part: overwriting it could destroy the user's own data
    final_name,  // DEST itself
  };

  // Opens DEST.part or, if there is none, DEST itself; nullopt if neither exists. Throws
  // SystemError, EWOULDBLOCK if another transfer writes to it.
  static std::optional<PartialFile> find(const FileName& destination);
  // The same for DEST.part only.
  static std::optional<PartialFile> find_part(const FileName& destination);
  // Opens or creates DEST.part; its old content stays until start(). With `replace`, DEST may exist
  // and will be replaced. Throws SystemError: EEXIST if a DEST.part exists that is not known to be
  // netlab's, EWOULDBLOCK if another transfer writes to it or to the DEST that will be replaced.
  static PartialFile create(const FileName& destination, bool replace);
  // Creates DEST.part with the first `count` bytes of this file, which must be DEST, to be
  // continued from the remote file with this tag. DEST stays until the copy is complete. Throws
  // SystemError, EIO if DEST has shrunk. After an error there is no DEST.part.
  PartialFile copy(std::uint64_t count, const std::string& tag) const;
  // The name DEST.part.
  static FileName part_of(const FileName& destination);

  const std::string& path() const { return name_.path(); }
  std::uint64_t size() const { return size_; }  // bytes, when the file was opened
  // The tag of the remote file that it belongs to; empty if not recorded.
  const std::string& tag() const { return state_.tag; }
  bool may_have_holes() const { return state_.holes; }

  Origin origin() const { return origin_; }
  // Whether its name is that of the file itself, and not of a symbolic link to it.
  bool is_file_of_its_own() const;

  // Allows complete() to replace DEST.
  void replace() { state_.replace = true; }

  // Fills `into` from `offset`. Throws SystemError, EIO if the file has shrunk.
  void read(std::uint64_t offset, std::span<std::byte> into) const;
  // Starts writing: records the tag of the remote file, truncates the file to `offset`, which is at
  // most size(), and continues there. With `holes`, the bytes may be written in any order from now
  // on. Throws SystemError, EEXIST if the name of the state file belongs to a file that netlab did
  // not write.
  void start(std::uint64_t offset, const std::string& tag, bool holes = false);
  const Fd& file() const { return file_; }
  // Opens another descriptor, with its own position. Throws SystemError.
  Fd reopen(std::uint64_t offset) const;
  // Truncates the file to `size` bytes. Throws SystemError.
  void truncate(std::uint64_t size) const;
  // fdatasync(2). Throws SystemError.
  void sync() const;
  // Allows other transfers to write to the file. Returns the current tag (FileStatus).
  std::string unlock() const;
  // Takes the lock back. Throws SystemError, EWOULDBLOCK if another transfer writes to the file or
  // has changed it since unlock() returned `tag`.
  void lock_again(const std::string& tag) const;
  // Gives the complete file its final name. Throws SystemError: EEXIST if DEST exists and may not
  // be replaced, EWOULDBLOCK if DEST.part is now another file.
  void complete(const FinalAttributes& finish = {});

 private:
  PartialFile(const FileName& destination, const FileName& name, Fd file, Origin origin);
  static PartialFile create_part(const FileName& destination);
  void copy_from(const PartialFile& other, std::uint64_t count);
  void discard();

  FileName destination_;
  FileName name_;  // DEST.part or DEST
  Fd file_;
  Fd replaced_{};  // DEST, locked: no other transfer continues it in place
  Origin origin_;
  std::uint64_t size_;
  PartialRecord state_;
};

// Writes a small file at once, through DEST.part but with fewer system calls. Throws SystemError,
// EEXIST like complete(), and like create() unless the existing DEST.part is a prefix of `bytes`.
void write_whole(const FileName& destination, std::span<const std::byte> bytes, bool replace,
                 const FinalAttributes& finish);

// Whether it is the DEST.part of a running or interrupted transfer, or its state file: netlab
// created it.
bool is_partial(const FileName& file);

// Whether a file of this name could be the DEST.part of another, or its state file. In a list
// sorted by name, the other file precedes it.
bool is_named_as_partial(std::string_view name);

}  // namespace netlab
