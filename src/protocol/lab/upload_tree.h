// UploadTree sends many files, and whole directory trees, to a writable server over one connection.
// Small files are pipelined; a large file, or one partly stored at the server, is sent by an
// Upload. A file that fails is reported, and the transfer continues with the next one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/lab/client.h"
#include "protocol/lab/restart_state.h"
#include "protocol/lab/transfer_summary.h"
#include "protocol/lab/upload.h"

namespace netlab {

struct UploadTree {
  std::vector<std::string> paths;  // of files, and if `recursive` of directories
  bool recursive = false;
  std::optional<std::string> as;  // remote name, if there is one path; none: its own
  std::string into = ".";         // remote directory
  UploadSettings sending{};       // progress: of all files together; restart: see attempts
  // Called for each file that the server has stored, with its local path and the bytes sent.
  std::function<void(const std::string& path, std::uint64_t bytes)> sent;
  // Called for each file or directory that failed; the others are still sent.
  std::function<void(const std::string& why)> failed;

  RestartState attempts{};  // by remote name

  // What earlier calls of run() transferred before they threw; included in the summary returned.
  TransferSummary earlier{};

  // Throws SystemError or ProtocolError if no further file can be sent.
  TransferSummary run(LabClient& server, Network& network);
};

}  // namespace netlab
