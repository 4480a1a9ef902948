// Before a download goes on from what is there, it is proved that this is the beginning of the
// remote file: two versions of a file are never put together.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "file/partial_file.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {

// What to do where there is no proof, behind the words of why.
inline constexpr const char* restart_hint = "; --restart fetches it anew";

struct ResumePoint {
  std::uint64_t offset = 0;    // where to go on: what is before is the remote file's
  std::uint64_t compared = 0;  // bytes that were compared
  std::string notice{};        // what the user should know; empty: nothing
};

struct ResumeRequest {
  const PartialFile& partial;
  const RemoteFile::Info& remote;
  bool is_asked_for = false;    // the user said that this is a part of the remote file
  Duration response_timeout{};  // how long the server may say nothing
};

// By hashes. Nothing when the server can't tell them. Throws ProtocolError when what is there is no
// part of the remote file, or of a state of it that has gone.
std::optional<ResumePoint> find_resume_offset(const ResumeRequest& request, RemoteFile& file,
                                              Network& network);

// Where to ask for bytes from to compare them by themselves, when the server can't tell hashes: the
// end of what is there, or all of it when nobody says that it is a part. Throws ProtocolError as
// above.
std::uint64_t overlap_begin(const ResumeRequest& request);
// With the bytes that come from there on. Throws ProtocolError when they differ.
void compare_overlap(const ResumeRequest& request, std::uint64_t from, RemoteFile& file,
                     Network& network);

}  // namespace netlab
