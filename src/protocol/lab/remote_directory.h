// What is in a folder at the server, for those who need all of it at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/lab/client.h"

namespace netlab {

// Takes the entries behind the OK to a LIST, up to its END. Returns why the rest of them can't be
// told, if so. `folder` is its name, for errors; the server may be silent for `silence` before
// each. Throws SystemError, and ProtocolError when there are more than can be kept in mind
// (protocol/lab/transfer_summary.h).
std::optional<lab::ErrorReply> take_entries(LabClient& server, const std::string& directory,
                                            Duration response_timeout, Network& network,
                                            std::vector<Entry>& entries);

// Ends a walk through folders that has more before it than anybody has folders: so many, whose
// names have so many bytes. Throws ProtocolError.
void check_bounded(std::size_t count, std::size_t bytes, const std::string& directory);

}  // namespace netlab
