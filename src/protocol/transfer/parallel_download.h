// Several connections share one file: each fetches a range, and the next one that nobody has begun.
#pragma once

#include "file/partial_file.h"
#include "protocol/transfer/download.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {

struct StreamsOrder {
  const RemoteFile& remote;
  const RemoteFile::Found& found;
  std::uint64_t offset = 0;  // where to begin
  const Receiving& receiving;
};

// To the end of the file, into the partial, which has all before `offset`. When it fails, what came
// without a gap is kept. Throws what the first connection that failed threw.
void receive_in_streams(const StreamsOrder& order, Partial& partial, Network& network);

}  // namespace netlab
