// The server of files: it tells the two wires apart by the first byte and speaks the one it heard.
#pragma once

#include "protocol/transfer/file_service.h"

namespace netlab {

// Serves one client to its end. Throws SystemError, ProtocolError.
void serve_files(const FileService& service, Stream& client, Network& network);

}  // namespace netlab
