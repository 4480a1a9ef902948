// Reads the entries of a remote directory into memory, with limits on their number and size.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/lab/client.h"

namespace netlab {

// Appends the entries that follow the OK reply to a LIST, up to END. Returns the server's error if
// it ended the list early. `directory` is the name for error messages. Throws SystemError, and
// ProtocolError when the list exceeds the limits of check_bounded().
std::optional<lab::ErrorReply> read_entries(LabClient& server, const std::string& directory,
                                            const TransferContext& context,
                                            std::vector<Entry>& entries);

// Throws ProtocolError if `count` entries exceed max_entries, or the `bytes` of their names exceed
// max_name_bytes (protocol/lab/transfer_summary.h). It bounds the memory that a server can make a
// recursive transfer use.
void check_bounded(std::size_t count, std::size_t bytes, const std::string& directory);

}  // namespace netlab
