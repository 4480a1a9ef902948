// download_in_parallel() fetches one file over several connections, each in a thread of its own. A
// connection fetches one range at a time, and then the next one that no other has taken.
#pragma once

#include "file/partial_file.h"
#include "protocol/transfer/remote_file.h"
#include "protocol/transfer/transfer_context.h"

namespace netlab {

struct ParallelDownload {
  const RemoteFile& remote;
  const RemoteFile::Info& found;
  std::uint64_t offset = 0;  // the first byte to fetch
  std::size_t streams = 1;   // connections
};

// Fetches the file from `offset` to its end into `partial`, which must have all bytes before
// `offset`. On failure the partial file is truncated at its first gap. Throws the exception of the
// first connection that failed.
void download_in_parallel(const ParallelDownload& request, PartialFile& partial,
                          const TransferContext& context);

}  // namespace netlab
