// Download fetches one file, or the rest of one, into a destination. The bytes received before an
// interruption are kept. Before it resumes, it checks that they are the beginning of the remote
// file (protocol/transfer/resume_check.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "file/directory.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {

// Settings of all downloads.
struct DownloadSettings {
  Duration response_timeout = std::chrono::seconds(10);  // how long the server may be silent
  std::uint64_t limit_rate = 0;                          // bytes/s; 0: unlimited
  std::size_t streams = 1;                               // parallel connections for one file
  bool verify = false;   // compare the whole file with the remote one afterwards
  bool durable = false;  // sync the file to disk before it is reported complete (fsync(2))
  // Called before the first byte is written, and after each piece; size 0: unknown.
  std::function<void(std::uint64_t done, std::uint64_t size)> progress;
  // Called with a line that the user should see.
  std::function<void(const std::string& line)> notice;
};

struct Download {
  enum class Mode {
    automatic,  // resume if a part exists, else fetch the whole file
    restart,    // fetch the whole file and replace the existing one
    offset,     // fetch from `offset` on, and write at `offset`
    resume,     // fetch from the end of the existing file on
  };

  Mode mode = Mode::automatic;
  std::uint64_t offset = 0;
  // "-": standard output; empty, or a directory: there, under the remote file's name.
  std::string destination;
  std::string name;   // remote name; empty: the server's default file
  std::string tag{};  // the version that the remote file must be in; empty: any
  DownloadSettings receiving{};

  struct Outcome {
    std::string destination;
    std::uint64_t from = 0;      // the offset of the first byte received
    std::uint64_t received = 0;  // bytes written
    std::uint64_t compared = 0;  // bytes before `from` that were compared with the existing ones
    bool was_complete = false;   // nothing had to be fetched
    bool verified = false;       // the whole file was compared
  };

  // Throws SystemError (connection, disk), ProtocolError (rejected, changed, not a prefix, closed
  // early). The bytes received are then in the destination or its .part, and mode, offset and tag
  // are set so that another run() resumes there.
  Outcome run(RemoteFile& remote, Network& network);
};

}  // namespace netlab
