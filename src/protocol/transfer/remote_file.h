// RemoteFile is the interface to a file on a server, whichever wire the server speaks. Its calls
// block up to the deadline and throw SystemError on connection errors, ProtocolError on protocol
// errors.
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
    std::string name;                         // empty: unknown
    std::optional<std::uint64_t> size;        // bytes, of the whole file; nothing: unknown
    std::string tag;                          // version of the file; empty: unknown
    std::optional<std::uint64_t> modified{};  // nanoseconds since the Epoch; nothing: unknown
    std::optional<bool> executable{};         // nothing: unknown
  };

  // Why bytes are requested from an offset: the sheet's wire has a command for each.
  enum class Purpose { whole, offset, resume };

  RemoteFile() = default;
  virtual ~RemoteFile() = default;
  RemoteFile(const RemoteFile&) = delete;
  RemoteFile& operator=(const RemoteFile&) = delete;

  // Returns the file's metadata; nothing if the wire has no request for it.
  virtual std::optional<Info> stat() = 0;
  // Requests the bytes from `offset` on; receive() then returns them. If `tag` is not empty, the
  // file must be in that version. Throws ProtocolError with the server's text if it rejects the
  // request.
  virtual Info open(Purpose purpose, std::uint64_t offset, const std::string& tag) = 0;
  // The same file over a new connection, for another thread; null if the wire has no ranges.
  virtual std::unique_ptr<RemoteFile> open_parallel() const = 0;
  // The same as open(), for `count` bytes.
  virtual Info open_range(std::uint64_t offset, std::uint64_t count, const std::string& tag) = 0;
  // Receives some of the requested bytes, at most into.size(). Returns 0 at end of file.
  virtual std::size_t receive(std::span<std::byte> into) = 0;
  // Receives at most `max_bytes` into the local file `file`. `name` is its name for error messages.
  virtual std::size_t receive_file(const Fd& file, const std::string& name,
                                   std::size_t max_bytes) = 0;
  // Requests the hashes of the blocks of bytes [offset, offset + count) (file/block_hash.h);
  // next_hash() then returns them. Returns false if the server does not support hashes.
  virtual bool open_hashes(std::uint64_t offset, std::uint64_t count, std::uint64_t block,
                           const std::string& tag) = 0;
  virtual std::string next_hash() = 0;

  // Closes the connection; the next call opens a new one. For a connection that has been idle so
  // long that the server may have closed it.
  virtual void drop() {}

  // Sets the deadline of the calls above.
  virtual void set_deadline(Instant deadline) = 0;
};

}  // namespace netlab
