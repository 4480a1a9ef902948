// Download fetches one file, or the rest of one, into a destination, and loses nothing: what came
// is kept when it breaks off, and before anything is appended the end of what is there is compared
// with the remote file, or all of it where neither a note nor the user says that it is a part of
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "protocol/remote_file.h"

namespace netlab {

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
      destination;   // "-": standard output; empty or a folder: the remote file's name (in it)
  std::string name;  // what was asked for; empty: what the server offers
  Duration silence = std::chrono::seconds(10);  // how long the server may say nothing
  // Before the first byte is written, and after each piece; size 0: not known.
  std::function<void(std::uint64_t done, std::uint64_t size)> progress;

  struct Outcome {
    std::string destination;
    std::uint64_t from = 0;      // the offset of the first byte received anew
    std::uint64_t received = 0;  // bytes written
    std::uint64_t compared = 0;  // bytes before `from` that were compared with what was there
    bool was_complete = false;   // there was nothing to fetch
  };

  // Throws SystemError (connection, disk), ProtocolError (refused, changed, not a prefix, ended
  // before its end). Then what was received is in the destination or its .part.
  Outcome run(RemoteFile& remote, Network& network) const;
};

}  // namespace netlab
