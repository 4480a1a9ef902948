// Checks, before a download resumes, that the partial file is the beginning of the remote file, so
// two versions of a file are never mixed. The check uses block hashes if the server supports them;
// otherwise it fetches the end of the partial file again and compares it.
#pragma once

#include <cstdint>
#include <string>

#include "file/partial_file.h"
#include "protocol/transfer/remote_file.h"
#include "protocol/transfer/transfer_context.h"

namespace netlab {

struct ResumePoint {
  std::uint64_t offset = 0;    // where to resume: the bytes before it match the remote file
  std::uint64_t compared = 0;  // bytes compared
  std::string notice{};        // a line that the user should see; empty: none
};

struct ResumeRequest {
  const PartialFile& partial;
  const RemoteFile::Info& remote;
  bool is_asked_for = false;  // the user asked to resume this file
};

// Finds where to resume by comparing hashes. Returns nothing if the server does not support hashes.
// Throws RemediableError if the partial file is not a part of the remote file, or is a part of an
// earlier version of it; ProtocolError if a restart would not replace the partial file either.
std::optional<ResumePoint> find_resume_offset(const ResumeRequest& request, RemoteFile& file,
                                              const TransferContext& context);

// Without hashes: returns the offset from which to fetch and compare bytes. It is near the end of
// the partial file, or 0 if it is not known to be a part of the remote file. Throws as above.
std::uint64_t overlap_begin(const ResumeRequest& request);
// Compares the partial file from `from` to its end with the bytes received. Throws as above
// if they differ.
void compare_overlap(const ResumeRequest& request, std::uint64_t from, RemoteFile& file,
                     const TransferContext& context);

}  // namespace netlab
