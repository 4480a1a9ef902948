// Runs the server's end of the lab wire (protocol/lab/codec.h).
#pragma once

#include "protocol/transfer/file_service.h"
#include "transport/buffered_reader.h"

namespace netlab {

// Serves one client until it closes the connection. `reader` reads from `client`. Throws
// SystemError, ProtocolError.
void serve_lab(const FileService& service, BufferedReader& reader, Stream& client,
               Network& network);

}  // namespace netlab
