// Requests and replies of the lab wire, netlab's own file transfer protocol (docs/protocols.md,
// "The lab wire"). A request is one line, a reply is one line; some are followed by data:
//
//   GET NAME OFFSET [TAG]              reply, then the bytes from OFFSET to the end of file
//   RANGE NAME OFFSET COUNT [TAG]      reply, then COUNT bytes, or fewer at the end of file
//   STAT NAME
//   HASH NAME OFFSET COUNT BLOCK [TAG] reply, then the hashes of the blocks, one per line
//   LIST NAME                          reply, then the directory's entries, one per line, then END
//   PUT NAME SIZE OFFSET MODIFIED MODE [sync] [if=TAG]
//                                      the client then sends the bytes from OFFSET to the end
//   PART NAME                          reports how much of an interrupted upload is stored
//   MKDIR NAME
//
//   OK SIZE OFFSET TAG NAME MODIFIED MODE     or     ERROR CODE TEXT
//
// Names are percent-encoded; "*" stands for the server's default file. Words after the known ones
// are ignored, which leaves room for later versions.
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

// Bytes; room for a name of 4,095 bytes (PATH_MAX), each percent-encoded, and the other words.
inline constexpr std::size_t max_line = 16 * 1024;
inline constexpr std::size_t max_tag = 64;
// A file of at most this many bytes is read whole before it is sent, so its bytes all belong to one
// version, and received whole before it is written. A larger file may change while it is sent; a
// STAT after its bytes detects that.
inline constexpr std::uint64_t small_file = 32 * 1024;

struct Request {
  enum class Method { get, range, stat, hash, list, put, part, mkdir };
  Method method = Method::get;
  std::string name{};        // decoded; empty: the server's default file
  std::uint64_t offset = 0;  // GET, RANGE, HASH, PUT
  std::uint64_t count = 0;   // RANGE, HASH: bytes
  std::uint64_t block = 0;   // HASH: bytes, from min_hash_block to max_hash_block
  std::string tag{};  // GET, RANGE, HASH: the version the file must be in; PUT: the version the
                      // partial upload must be in; empty: any version
  std::uint64_t size = 0;      // PUT: bytes, of the whole file
  std::uint64_t modified = 0;  // PUT: nanoseconds since the Epoch
  bool executable = false;     // PUT
  bool durable = false;        // PUT: reply only when the file is on disk

  // PUT: the number of bytes that follow.
  std::uint64_t rest() const { return size - offset; }

  bool operator==(const Request&) const = default;
};

struct FileReply {
  std::uint64_t size = 0;    // bytes, of the whole file
  std::uint64_t offset = 0;  // size - offset bytes follow the reply to a GET
  std::string tag;
  std::string name;
  std::optional<std::uint64_t> modified{};  // nothing: from a server that does not send it
  bool executable = false;

  bool operator==(const FileReply&) const = default;
};

// Error codes.
inline constexpr std::string_view bad_request = "bad-request";  // the server closes the connection
inline constexpr std::string_view no_such_file = "no-such-file";
inline constexpr std::string_view not_a_file = "not-a-file";  // a FIFO or device
inline constexpr std::string_view is_a_directory = "is-a-folder";
inline constexpr std::string_view not_a_directory = "not-a-folder";
// The name leads outside the served directory, or permission is denied.
inline constexpr std::string_view not_allowed = "not-allowed";
inline constexpr std::string_view bad_offset = "bad-offset";  // beyond the end of file
inline constexpr std::string_view changed = "changed";        // the tag is not the one requested
inline constexpr std::string_view read_only = "read-only";    // uploads are not accepted
inline constexpr std::string_view busy = "busy";        // another upload of this file is running
inline constexpr std::string_view no_room = "no-room";  // the server's disk is full
inline constexpr std::string_view failed = "failed";    // any other failure on the server

struct ErrorReply {
  std::string code;
  std::string text;  // one line, for people

  bool operator==(const ErrorReply&) const = default;
};

using Reply = std::variant<FileReply, ErrorReply>;

// A line of a LIST: an entry, the end, or the error that ended the list early.
struct End {
  bool operator==(const End&) const = default;
};
using Item = std::variant<Entry, End, ErrorReply>;

// Parse a line without its LF. Throw ProtocolError that quotes the malformed part.
Request parse_request(std::string_view line);
Reply parse_reply(std::string_view line);
// An entry's name is one path component: it has no slash and is neither "." nor "..".
Item parse_item(std::string_view line);
// Return a line with its LF.
std::string emit(const Request& request);
std::string emit(const FileReply& found);
std::string emit(const ErrorReply& rejection);
std::string emit(const Entry& entry);
std::string emit(const End& end);

}  // namespace netlab::lab
