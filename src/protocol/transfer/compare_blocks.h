// matching_prefix() compares a local file with a remote one by the hashes of their blocks, without
// transferring either.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/transfer/remote_file.h"
#include "protocol/transfer/transfer_context.h"

namespace netlab {

struct LocalFile {
  const Fd& fd;
  std::string name;  // for error messages
};

// Compares the first `count` bytes, which both files must have. Returns `count`, or the offset of
// the first block that differs; nothing if the server does not support hashes. If `tag` is not
// empty, the remote file must be in that version. Throws SystemError, ProtocolError.
std::optional<std::uint64_t> matching_prefix(const LocalFile& file, std::uint64_t count,
                                             RemoteFile& remote, const std::string& tag,
                                             const TransferContext& context);

}  // namespace netlab
