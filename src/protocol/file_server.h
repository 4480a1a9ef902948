// The file server: recognizes the wire by the first byte that the client sends, and serves the
// client on the lab wire or the sheet's wire.
#pragma once

#include "protocol/transfer/file_service.h"

namespace netlab {

// Serves one client until the connection ends. Throws SystemError, ProtocolError.
void serve_files(const FileService& service, Stream& client, Network& network);

}  // namespace netlab
