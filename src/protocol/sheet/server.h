// Runs the server's end of the sheet's wire (protocol/sheet/codec.h).
#pragma once

#include "protocol/transfer/file_service.h"
#include "transport/buffered_reader.h"

namespace netlab {

// Serves the single request of one client. `reader` reads from `client`. Throws SystemError,
// ProtocolError.
void serve_sheet(const FileService& service, BufferedReader& reader, Stream& client,
                 Network& network);

}  // namespace netlab
