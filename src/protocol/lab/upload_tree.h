// upload_tree() sends many files, and whole directory trees, to a writable server over one
// connection. Small files are pipelined; a large file, or one partly stored on the server, is sent
// by upload(). A file that fails is reported, and the transfer continues with the next one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/lab/client.h"
#include "protocol/lab/tree_report.h"
#include "protocol/lab/upload.h"

namespace netlab {

struct UploadTree {
  std::vector<std::string> paths;  // of files and, if `recursive`, of directories
  bool recursive = false;
  std::optional<std::string> as;  // remote name, if there is one path; none: its own
  std::string into = ".";         // remote directory
  UploadSettings settings{};
  TreeEvents events{};
};

// Returns the counts of all attempts that had this checkpoint. Throws SystemError or ProtocolError
// if no further file can be sent.
TransferSummary upload_tree(const UploadTree& request, TreeCheckpoint& checkpoint,
                            LabClient& server, TransferContext& context);

}  // namespace netlab
