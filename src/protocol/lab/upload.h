// upload() sends one file to a writable server. The server keeps what it received of an interrupted
// upload; the next attempt compares that part with the local file by its hashes and resumes after
// the bytes that match.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/lab/client.h"

namespace netlab {

// Settings of all uploads.
struct UploadSettings {
  bool verify = false;   // compare the whole file with the server's copy afterwards
  bool durable = false;  // the server syncs the file to disk before it replies
};

struct UploadRequest {
  std::string path;  // local file
  std::string name;  // remote name
  UploadSettings settings{};
};

// How the next attempt of an upload starts, and what the earlier ones sent.
struct UploadCheckpoint {
  bool restart = false;                 // ignore the part that the server has
  std::optional<std::uint64_t> from{};  // the offset of the first byte sent
  std::uint64_t sent = 0;               // bytes
};

// The result of all attempts together.
struct UploadOutcome {
  std::uint64_t from = 0;      // the offset of the first byte sent
  std::uint64_t sent = 0;      // bytes
  std::uint64_t compared = 0;  // bytes that the last attempt compared with the server's part
  bool verified = false;
};

// Throws SystemError (file, connection), ProtocolError (rejected, changed, differs). Another call
// with the same checkpoint resumes.
UploadOutcome upload(const UploadRequest& request, UploadCheckpoint& checkpoint, LabClient& server,
                     TransferContext& context);

}  // namespace netlab
