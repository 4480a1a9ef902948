// Makes RemoteFiles that are read over the lab wire (protocol/lab/codec.h).
#pragma once

#include <memory>
#include <string>

#include "protocol/lab/client.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {

// A file with a connection of its own. An empty `name` means the server's default file.
std::unique_ptr<RemoteFile> lab_file(Connect connect, const std::string& name);
// The same on a shared connection, which must outlive the file.
std::unique_ptr<RemoteFile> lab_file(LabClient& connection, const std::string& name);

}  // namespace netlab
