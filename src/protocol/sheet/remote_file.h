// Makes a RemoteFile for the only file of a server that speaks the sheet's wire
// (protocol/sheet/codec.h).
#pragma once

#include <memory>

#include "protocol/transfer/remote_file.h"

namespace netlab {

std::unique_ptr<RemoteFile> sheet_file(Connect connect);

}  // namespace netlab
