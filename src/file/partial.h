// Partial is a download that is not whole yet. It is written to DEST.part, and becomes DEST by a
// rename when it is whole, so that nobody ever sees half a file under the final name; beside it
// DEST.part.state tells which state of the remote file it is a part of. A partial that someone made
// by other means, under the final name, is continued in its place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "socket/fd.h"

namespace netlab {

class Partial {
 public:
  // DEST.part or, failing that, DEST itself; nothing when neither is there. Throws SystemError:
  // EWOULDBLOCK when another download writes to it.
  static std::optional<Partial> find(const std::string& destination);
  // DEST.part, whatever is in it until start(). `replace`: DEST may be there and is to be replaced.
  static Partial create(const std::string& destination, bool replace);

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }  // bytes, when it was opened
  // The tag of the remote file it is a part of; empty when nobody wrote it down.
  const std::string& tag() const { return state_.tag; }

  // Whether it is a DEST.part, and not a file that was there under the final name.
  bool is_ours() const { return path_ != destination_; }

  // Fills `into` from there on. Throws SystemError, EIO when it has become shorter.
  void read(std::uint64_t offset, std::span<std::byte> into) const;
  // Writing begins: goes to `offset`, which is at most size(), and notes the remote's tag. What was
  // behind `offset` is cut off.
  void start(std::uint64_t offset, const std::string& tag);
  const Fd& file() const { return file_; }
  // It is whole: gives it its final name. Throws SystemError, EEXIST when DEST has come up
  // meanwhile and is not to be replaced.
  void complete();

 private:
  // What DEST.part.state says of it.
  struct State {
    std::string tag;
    bool replace = false;  // DEST was there when it was begun, and is to be replaced
  };
  static State read_state(const std::string& destination);
  static void write_state(const std::string& destination, const State& state);

  Partial(std::string destination, std::string path, Fd file);

  std::string destination_;
  std::string path_;
  Fd file_;
  std::uint64_t size_;
  State state_;
};

// What is at a path, links followed.
struct PathState {
  enum class Kind { absent, regular, folder, other } kind;
  std::uint64_t size;  // bytes, of a regular file
};
PathState look_at(const std::string& path);

// Opens what is there, to be written as it is. Throws SystemError.
Fd open_to_write(const std::string& path);
// Moves the position where the next write goes. Throws SystemError.
void seek(const Fd& file, std::uint64_t offset, const std::string& path);

}  // namespace netlab
