// matching_prefix compares a file with the remote one, block by block, without fetching either.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/transfer/remote_file.h"

namespace netlab {

struct LocalFile {
  const Fd& fd;
  std::string name;  // for errors
};

// How many of the first `count` bytes are the same, which both have: all, or those before the first
// block that differs. Nothing when the server can't tell. With a tag, the remote file must be in
// that state. `silence`: how long the server may say nothing. Throws SystemError, ProtocolError.
std::optional<std::uint64_t> matching_prefix(const LocalFile& file, std::uint64_t count,
                                             RemoteFile& remote, const std::string& tag,
                                             Duration response_timeout, Network& network);

}  // namespace netlab
