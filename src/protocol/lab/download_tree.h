// download_tree() fetches many files, and whole directory trees, over one connection. Requests are
// pipelined; a file that exists here, whole or in part, is resumed by download(). A file that fails
// is reported, and the transfer continues with the next one.
#pragma once

#include <string>
#include <vector>

#include "protocol/lab/client.h"
#include "protocol/lab/tree_report.h"
#include "protocol/transfer/download.h"

namespace netlab {

struct DownloadTree {
  std::vector<std::string> names;  // of files and, if `recursive`, of directories
  bool recursive = false;
  std::string into = ".";  // the destination directory, created if absent
  DownloadSettings settings{};
  TreeEvents events{};
};

// Returns the counts of all attempts that had this checkpoint. Throws SystemError or ProtocolError
// if no further file can be fetched, e.g. because the connection failed or the disk is full.
TransferSummary download_tree(const DownloadTree& request, TreeCheckpoint& checkpoint,
                              LabClient& server, TransferContext& context);

}  // namespace netlab
