// netlab's own wire for files (docs/protocols.md, "The lab wire"): a line asks, a line answers.
//
//   GET NAME OFFSET [TAG]              then come the bytes from OFFSET to the end
//   RANGE NAME OFFSET COUNT TAG        then come COUNT bytes, or those up to the end
//   STAT NAME
//   HASH NAME OFFSET COUNT BLOCK [TAG] then come the hashes of the blocks, a line each
//   LIST NAME                          then come the entries of the folder, a line each, and END
//   PUT NAME SIZE OFFSET MODIFIED MODE [sync] [if=TAG]
//                                      then the client sends the bytes from OFFSET to the end
//   PART NAME                          what is there of an upload that was broken off
//   MKDIR NAME
//
//   OK SIZE OFFSET TAG NAME MODIFIED MODE     or     ERROR CODE TEXT
//
// Names are percent-encoded; "*" is the file that the server offers to whom names none. Words
// behind the known ones are ignored, which leaves room for later versions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "file/block_hash.h"
#include "file/directory_reader.h"

namespace netlab::lab {

// A name of 4,095 bytes (PATH_MAX), each percent-encoded, and the other words.
inline constexpr std::size_t max_line = 16 * 1024;
inline constexpr std::size_t max_tag = 64;
// A file of so many bytes or less is read whole by the server before it is sent, in one state; of a
// larger one a STAT behind its bytes tells whether it has changed meanwhile.
inline constexpr std::uint64_t small_file = 32 * 1024;

struct Request {
  enum class Method { get, range, stat, hash, list, put, part, mkdir };
  Method method = Method::get;
  std::string name{};        // decoded; empty: the server's default
  std::uint64_t offset = 0;  // of GET, RANGE, HASH, PUT
  std::uint64_t count = 0;   // of RANGE, HASH: bytes
  std::uint64_t block = 0;   // of HASH: bytes, from min_hash_block to max_hash_block
  std::string tag{};         // of GET, RANGE, HASH: the file must be in that state; of PUT: what is
                             // there of it must be; empty: any will do
  std::uint64_t size = 0;    // of PUT: of the whole file
  std::uint64_t modified = 0;  // of PUT: nanoseconds since the Epoch
  bool executable = false;     // of PUT
  bool durable = false;        // of PUT: answered when it is on the disk

  // Of PUT: so many bytes follow.
  std::uint64_t rest() const { return size - offset; }

  bool operator==(const Request&) const = default;
};

struct FileReply {
  std::uint64_t size = 0;    // of the whole file
  std::uint64_t offset = 0;  // size - offset bytes follow a GET
  std::string tag;
  std::string name;
  std::optional<std::uint64_t> modified{};  // nothing: an older server does not say
  bool executable = false;

  bool operator==(const FileReply&) const = default;
};

// The codes of errors.
inline constexpr std::string_view bad_request = "bad-request";  // the connection ends
inline constexpr std::string_view no_such_file = "no-such-file";
inline constexpr std::string_view not_a_file = "not-a-file";  // a folder, FIFO or device
inline constexpr std::string_view not_a_directory = "not-a-folder";
inline constexpr std::string_view not_allowed = "not-allowed";  // outside, or no permission
inline constexpr std::string_view bad_offset = "bad-offset";    // beyond the end
inline constexpr std::string_view changed = "changed";          // another tag than asked for
inline constexpr std::string_view read_only = "read-only";      // nothing may be uploaded
inline constexpr std::string_view busy = "busy";                // another upload of this name
inline constexpr std::string_view no_room = "no-room";          // the server's disk is full
inline constexpr std::string_view failed = "failed";            // the server's own trouble

struct ErrorReply {
  std::string code;
  std::string text;  // for people, one line

  bool operator==(const ErrorReply&) const = default;
};

using Reply = std::variant<FileReply, ErrorReply>;

// Of LIST: an entry, the end, or the trouble that ended it early.
struct End {
  bool operator==(const End&) const = default;
};
using Item = std::variant<Entry, End, ErrorReply>;

// LineFraming are without LF. Parsing throws ProtocolError that quotes what it can't read.
Request parse_request(std::string_view line);
Reply parse_reply(std::string_view line);
// An entry's name is the name of something in a folder: it has no slash, and is not "..".
Item parse_item(std::string_view line);
// LineFraming are with LF.
std::string emit(const Request& request);
std::string emit(const FileReply& found);
std::string emit(const ErrorReply& refusal);
std::string emit(const Entry& entry);
std::string emit(const End& end);

}  // namespace netlab::lab
