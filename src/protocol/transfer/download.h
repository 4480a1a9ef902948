// download() fetches one file, or the rest of one, into a destination. The bytes received before an
// interruption are kept. Before it resumes, it checks that they are the beginning of the remote
// file (protocol/transfer/resume_check.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/transfer/remote_file.h"
#include "protocol/transfer/transfer_context.h"

namespace netlab {

// Settings of all downloads.
struct DownloadSettings {
  std::size_t streams = 1;  // parallel connections for one file
  bool verify = false;      // compare the whole file with the remote one afterwards
  bool durable = false;     // sync the file to disk before it is reported complete (fsync(2))
};

struct DownloadRequest {
  // "-": standard output; empty, or a directory: there, under the remote file's name.
  std::string destination;
  std::string name{};  // remote name; empty: the server's default file
  DownloadSettings settings{};
};

// Where the next attempt of a download starts, and what the earlier ones received.
struct Checkpoint {
  enum class Mode {
    automatic,  // resume if a part exists, else fetch the whole file
    restart,    // fetch the whole file and replace the existing one
    offset,     // fetch from `offset` on, and write at `offset`
    resume,     // fetch from the end of the existing file on
  };

  Mode mode = Mode::automatic;
  std::uint64_t offset = 0;
  std::string tag{};                    // the version the remote file must be in; empty: any
  std::optional<std::uint64_t> from{};  // the offset of the first byte received
  std::uint64_t received = 0;           // bytes
};

// The result of all attempts together.
struct DownloadOutcome {
  std::string destination;
  std::uint64_t from = 0;      // the offset of the first byte received
  std::uint64_t received = 0;  // bytes
  std::uint64_t compared = 0;  // bytes that the last attempt compared with the existing ones
  bool was_complete = false;   // nothing had to be fetched
  bool verified = false;       // the whole file was compared
};

// Throws SystemError (connection, disk), ProtocolError (rejected, closed early), RemediableError
// (changed, not a prefix). The bytes received are then in the destination or its .part, and another
// call with the same checkpoint resumes there.
DownloadOutcome download(const DownloadRequest& request, Checkpoint& checkpoint, RemoteFile& remote,
                         TransferContext& context);

}  // namespace netlab
