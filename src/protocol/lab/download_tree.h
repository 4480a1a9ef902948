// DownloadTree fetches many files, and whole folders: small ones are asked for ahead of their
// answers and come in one stream; one that is partly there already goes the way of a Download.
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
  std::vector<std::string> names;  // of files, and with `recursive` of folders
  bool recursive = false;
  std::string into = ".";   // the folder they go to; it is made if need be
  RestartState attempts{};  // of paths here; restart: what is there is fetched anew, and replaced
  DownloadSettings receiving{};  // progress: of all
  // A file has come: its path, and the bytes that came.
  std::function<void(const std::string& path, std::uint64_t bytes)> received;
  // A file or a folder has not: it is told, and the others are fetched.
  std::function<void(const std::string& why)> failed;

  // What was done before run() threw; the TransferSummary of a further one has it as well.
  TransferSummary earlier{};

  // Throws SystemError, ProtocolError when none of the others can be had either: the connection
  // failed, the disk is full.
  TransferSummary run(LabClient& server, Network& network);
};

}  // namespace netlab
