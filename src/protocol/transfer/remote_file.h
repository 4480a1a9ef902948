// RemoteFile is a file at the other end of a connection, whichever wire is spoken there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "transport/network.h"

namespace netlab {

class RemoteFile {
 public:
  struct Info {
    std::string name;                         // empty: the wire has no names
    std::optional<std::uint64_t> size;        // of the whole file; nothing: the wire does not say
    std::string tag;                          // empty: the wire has none
    std::optional<std::uint64_t> modified{};  // nanoseconds since the Epoch, when the wire says
    std::optional<bool> executable{};
  };

  // Why bytes are asked for from an offset: the sheet's wire has a command for each.
  enum class Purpose { whole, offset, resume };

  RemoteFile() = default;
  virtual ~RemoteFile() = default;
  RemoteFile(const RemoteFile&) = delete;
  RemoteFile& operator=(const RemoteFile&) = delete;

  // What is there, without its bytes; nothing when the wire can't tell.
  virtual std::optional<Info> stat() = 0;
  // Asks for the bytes from `offset` on; receive() then delivers them. With a tag, the file must be
  // in that state. Throws ProtocolError with the server's words when it refuses.
  virtual Info open(Purpose purpose, std::uint64_t offset, const std::string& tag) = 0;
  // The same file by a connection of its own, for another thread; null where there is no RANGE.
  virtual std::unique_ptr<RemoteFile> open_parallel() const = 0;
  // Asks for `count` of them.
  virtual Info open_range(std::uint64_t offset, std::uint64_t count, const std::string& tag) = 0;
  // The next bytes, at most `most`; 0 when the server has finished. `name` is the file's, for
  // errors.
  virtual std::size_t receive(std::span<std::byte> into) = 0;
  virtual std::size_t receive_file(const Fd& file, const std::string& name, std::size_t most) = 0;
  // Asks for the hashes of the blocks of [offset, offset + count), which next_hash() then delivers
  // (file/block_hash.h). False when the server can't.
  virtual bool open_hashes(std::uint64_t offset, std::uint64_t count, std::uint64_t block,
                           const std::string& tag) = 0;
  virtual std::string next_hash() = 0;

  // The connection has been idle for so long that the server may have ended it: the next call makes
  // another.
  virtual void drop() {}

  // Until when the calls above wait.
  virtual void set_deadline(Instant deadline) = 0;
};

}  // namespace netlab
