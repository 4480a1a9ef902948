// UploadTree sends many files, and whole folders, to a server that takes files: small ones go in
// one stream ahead of the answers; one that is partly there already goes the way of an Upload.
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
  std::vector<std::string> paths;  // of files, and with `recursive` of folders
  bool recursive = false;
  std::optional<std::string> as;  // the only path's name there; none: its own
  std::string into = ".";         // the folder there
  UploadSettings sending{};       // progress: of all; restart: see attempts
  // The server has a file whole: its path here, and its bytes.
  std::function<void(const std::string& path, std::uint64_t bytes)> sent;
  // A file or a folder it has not: it is told, and the others are sent.
  std::function<void(const std::string& why)> failed;

  RestartState attempts{};  // of names there

  // What was done before run() threw; the TransferSummary of a further one has it as well.
  TransferSummary earlier{};

  // Throws SystemError, ProtocolError when none of the others can be sent either.
  TransferSummary run(LabClient& server, Network& network);
};

}  // namespace netlab
