// A file at the other end of a connection on the lab wire (protocol/lab/codec.h).
#pragma once

#include <memory>
#include <string>

#include "protocol/lab/client.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {

// `name` is empty for the server's default.
std::unique_ptr<RemoteFile> lab_file(Connect connect, const std::string& name);
// On a connection that outlives it.
std::unique_ptr<RemoteFile> lab_file(LabClient& connection, const std::string& name);

}  // namespace netlab
