// Destination is what a download writes to: choose_destination() derives it from the request.
#pragma once

#include <string>

#include "protocol/transfer/download.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {

struct Destination {
  enum class Kind { file, special, standard_output };  // special: a device or a FIFO

  std::string path;  // "-": standard output
  Kind kind = Kind::file;
};

// Asks the server for the name if the request has no name and needs one. Throws ProtocolError if
// the remote file has no usable name, and what RemoteFile::stat() throws.
Destination choose_destination(const DownloadRequest& request, RemoteFile& remote);

}  // namespace netlab
