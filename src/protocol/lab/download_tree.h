// DownloadTree fetches many files, and whole directory trees, over one connection. Requests are
// pipelined; a file that exists here, whole or in part, is resumed by a Download. A file that fails
// is reported, and the transfer continues with the next one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocol/lab/client.h"
#include "protocol/lab/restart_state.h"
#include "protocol/lab/transfer_summary.h"
#include "protocol/transfer/download.h"

namespace netlab {

struct DownloadTree {
  std::vector<std::string> names;  // of files, and if `recursive` of directories
  bool recursive = false;
  std::string into = ".";        // the destination directory, created if absent
  RestartState attempts{};       // by local path; restart: existing files are replaced
  DownloadSettings receiving{};  // progress: of all files together
  // Called for each file received, with its path and the bytes transferred.
  std::function<void(const std::string& path, std::uint64_t bytes)> received;
  // Called for each file or directory that failed; the others are still fetched.
  std::function<void(const std::string& why)> failed;

  // What earlier calls of run() transferred before they threw; included in the summary returned.
  TransferSummary earlier{};

  // Throws SystemError or ProtocolError if no further file can be fetched, e.g. because the
  // connection failed or the disk is full.
  TransferSummary run(LabClient& server, Network& network);
};

}  // namespace netlab
