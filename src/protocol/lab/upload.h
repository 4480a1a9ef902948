// Upload sends one file to a writable server. The server keeps what it received of an interrupted
// upload; the next run compares that part with the local file by its hashes and resumes after the
// bytes that match.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "protocol/lab/client.h"

namespace netlab {

// Settings of all uploads.
struct UploadSettings {
  // How long the server may take for a reply, and to accept each piece of piece_size bytes.
  Duration response_timeout = std::chrono::seconds(10);
  std::uint64_t limit_rate = 0;  // bytes/s; 0: unlimited
  bool restart = false;          // ignore the stored part of an earlier upload
  bool verify = false;           // compare the whole file with the server's copy afterwards
  bool durable = false;          // the server syncs the file to disk before it replies
  std::function<void(std::uint64_t done, std::uint64_t size)> progress;
  // Called with a line that the user should see.
  std::function<void(const std::string& line)> notice;
};

struct Upload {
  std::string path;  // local file
  std::string name;  // remote name
  UploadSettings sending{};

  struct Outcome {
    std::uint64_t from = 0;      // the offset of the first byte sent
    std::uint64_t sent = 0;      // bytes
    std::uint64_t compared = 0;  // bytes compared with the part stored at the server
    bool verified = false;
  };

  // Throws SystemError (file, connection), ProtocolError (rejected, changed, differs).
  Outcome run(LabClient& server, Network& network) const;
};

}  // namespace netlab
