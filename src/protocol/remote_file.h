// RemoteFile is a file at the other end of a connection, whichever wire is spoken there. It
// connects when it has something to ask: the sheet's own server spins for ever on a client that
// connects and, because its user gave a bad option, says nothing.
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

  explicit RemoteFile(Connect connect) : connect_(std::move(connect)) {}
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

  // Until when the calls above wait.
  void set_deadline(Instant deadline);

 protected:
  Stream& server();  // connected, from the first call on

 private:
  Connect connect_;
  std::unique_ptr<Stream> server_;
  Instant deadline_ = never;
};

// `name` is empty for the server's default.
std::unique_ptr<RemoteFile> lab_file(Connect connect, const std::string& name);
std::unique_ptr<RemoteFile> sheet_file(Connect connect);

}  // namespace netlab
