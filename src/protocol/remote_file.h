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
  struct Found {
    std::string name;                   // empty: the wire has no names
    std::optional<std::uint64_t> size;  // of the whole file; nothing: the wire does not say
    std::string tag;                    // empty: the wire has none
  };

  // Why bytes are asked for from an offset: the sheet's wire has a command for each.
  enum class Purpose { whole, offset, resume };

  RemoteFile() = default;
  virtual ~RemoteFile() = default;
  RemoteFile(const RemoteFile&) = delete;
  RemoteFile& operator=(const RemoteFile&) = delete;

  // What is there, without its bytes; nothing when the wire can't tell.
  virtual std::optional<Found> look() = 0;
  // Asks for the bytes from `offset` on; receive() then delivers them. With a tag, the file must be
  // in that state. Throws ProtocolError with the server's words when it refuses.
  virtual Found open(Purpose purpose, std::uint64_t offset, const std::string& tag) = 0;
  // The next bytes, at most `most`; 0 when the server has finished. `name` is the file's, for
  // errors.
  virtual std::size_t receive(std::span<std::byte> into) = 0;
  virtual std::size_t receive_file(const Fd& file, const std::string& name, std::size_t most) = 0;
};

// `name` is empty for the server's default. The stream outlives the file.
std::unique_ptr<RemoteFile> lab_file(Stream& server, const std::string& name);
std::unique_ptr<RemoteFile> sheet_file(Stream& server);

}  // namespace netlab
