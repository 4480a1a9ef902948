// Upload sends one file to a server that takes files, and loses nothing: what came of it is kept
// there when it breaks off, and it goes on behind what is proved to be its beginning.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "protocol/lab/client.h"

namespace netlab {

// Of all transfers of files from here.
struct UploadSettings {
  Duration response_timeout =
      std::chrono::seconds(10);  // how long the server may take for each 256 KiB
  std::uint64_t limit_rate = 0;  // bytes a second; 0: as fast as it goes
  bool restart = false;          // nothing of an earlier upload is used
  bool verify = false;           // compare all of the file with the remote one when it is there
  bool durable = false;          // it is on the server's disk when it is said to be there
  std::function<void(std::uint64_t done, std::uint64_t size)> progress;
  // A line that the user should see.
  std::function<void(const std::string& line)> notice;
};

struct Upload {
  std::string path;  // the file
  std::string name;  // there
  UploadSettings sending{};

  struct Outcome {
    std::uint64_t from = 0;      // the offset of the first byte sent
    std::uint64_t sent = 0;      // bytes
    std::uint64_t compared = 0;  // bytes that were compared with what was there
    bool verified = false;
  };

  // Throws SystemError (file, connection), ProtocolError (refused, changed, differs).
  Outcome run(LabClient& server, Network& network) const;
};

}  // namespace netlab
