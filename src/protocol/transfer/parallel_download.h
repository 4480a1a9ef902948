// Several connections share one file: each fetches a range, and the next one that nobody has begun.
#pragma once

#include "file/partial_file.h"
#include "protocol/transfer/download.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {

struct ParallelDownload {
  const RemoteFile& remote;
  const RemoteFile::Info& found;
  std::uint64_t offset = 0;  // where to begin
  const DownloadSettings& receiving;
};

// To the end of the file, into the partial, which has all before `offset`. When it fails, what came
// without a gap is kept. Throws what the first connection that failed threw.
void download_in_parallel(const ParallelDownload& request, PartialFile& partial, Network& network);

}  // namespace netlab
