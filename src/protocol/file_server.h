// The server of files: it tells the two wires apart by the first byte and speaks the one it heard.
#pragma once

#include "file/share.h"
#include "protocol/buffered_reader.h"
#include "protocol/event.h"
#include "transport/network.h"

namespace netlab {

struct FileService {
  const Share& share;
  Tell tell;
  Duration request_timeout = std::chrono::seconds(30);  // from a request's first byte to its last
  Duration idle_timeout = std::chrono::seconds(300);    // between two requests
  Duration stall_timeout = std::chrono::seconds(60);    // for each 256 KiB of a file
};

// Serves one client to its end. Throws SystemError, ProtocolError.
void serve_files(const FileService& service, Stream& client, Network& network);

// The two wires, each in its file; for serve_files alone.
void serve_lab(const FileService& service, BufferedReader& reader, Stream& client,
               Network& network);
void serve_sheet(const FileService& service, BufferedReader& reader, Stream& client,
                 Network& network);

// Sends the file from the offset to the end it had when it was opened. Throws ProtocolError when it
// has become shorter meanwhile, SystemError ETIMEDOUT when the client does not take it.
void send_rest(const FileService& service, const SharedFile& file, std::uint64_t offset,
               Stream& client, Network& network);

}  // namespace netlab
