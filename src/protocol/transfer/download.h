// Download fetches one file, or the rest of one, into a destination, and loses nothing: what came
// is kept when it breaks off, and before anything is appended it is proved that what is there is
// the beginning of the remote file (protocol/transfer/resume_check.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "file/directory.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {

// Of all transfers of files to here.
struct DownloadSettings {
  Duration response_timeout = std::chrono::seconds(10);  // how long the server may say nothing
  std::uint64_t limit_rate = 0;                          // bytes a second; 0: as fast as it goes
  std::size_t streams = 1;                               // connections that share a large file
  bool verify = false;   // compare all of the file with the remote one when it has come
  bool durable = false;  // it is on the disk when it is said to be there (fsync(2))
  // Before the first byte is written, and after each piece; size 0: not known.
  std::function<void(std::uint64_t done, std::uint64_t size)> progress;
  // A line that the user should see.
  std::function<void(const std::string& line)> notice;
};

struct Download {
  enum class Mode {
    automatic,  // resume when there is something to resume, else the whole file
    restart,    // the whole file, replacing what is there
    offset,     // from `offset` on, written at `offset`
    resume,     // from the end of what is there
  };

  Mode mode = Mode::automatic;
  std::uint64_t offset = 0;
  std::string
      destination;    // "-": standard output; empty or a folder: the remote file's name (in it)
  std::string name;   // what was asked for; empty: what the server offers
  std::string tag{};  // the state that the remote file must be in; empty: any
  DownloadSettings receiving{};

  struct Outcome {
    std::string destination;
    std::uint64_t from = 0;      // the offset of the first byte received anew
    std::uint64_t received = 0;  // bytes written
    std::uint64_t compared = 0;  // bytes before `from` that were compared with what was there
    bool was_complete = false;   // there was nothing to fetch
    bool verified = false;       // all of it was compared
  };

  // Throws SystemError (connection, disk), ProtocolError (refused, changed, not a prefix, ended
  // before its end). Then what was received is in the destination or its .part, and a further run
  // goes on there: mode, offset and tag say where.
  Outcome run(RemoteFile& remote, Network& network);
};

}  // namespace netlab
