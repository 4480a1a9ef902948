// netlab's own wire for files (docs/protocols.md, "The lab wire"): a line asks, a line answers,
// then come exactly the bytes that were announced.
//
//   GET NAME OFFSET [TAG] LF     ->  OK SIZE OFFSET TAG NAME LF  bytes   or   ERROR CODE TEXT LF
//   STAT NAME LF                 ->  OK SIZE OFFSET TAG NAME LF          or   ERROR CODE TEXT LF
//
// Names are percent-encoded; "*" is the file that the server offers to whom names none. Words
// behind the known ones are ignored, which leaves room for later versions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace netlab::lab {

// A name of 4,095 bytes (PATH_MAX), each percent-encoded, and the other words.
inline constexpr std::size_t max_line = 16 * 1024;
inline constexpr std::size_t max_tag = 64;

struct Request {
  enum class Method { get, stat };
  Method method = Method::get;
  std::string name{};        // decoded; empty: the server's default
  std::uint64_t offset = 0;  // of GET
  std::string tag{};         // of GET; empty: any state of the file will do
};

struct Found {
  std::uint64_t size = 0;    // of the whole file
  std::uint64_t offset = 0;  // size - offset bytes follow a GET
  std::string tag;
  std::string name;
};

// The codes of errors.
inline constexpr std::string_view bad_request = "bad-request";  // the connection ends
inline constexpr std::string_view no_such_file = "no-such-file";
inline constexpr std::string_view not_a_file = "not-a-file";    // a folder, FIFO or device
inline constexpr std::string_view not_allowed = "not-allowed";  // outside, or no permission
inline constexpr std::string_view bad_offset = "bad-offset";    // beyond the end
inline constexpr std::string_view changed = "changed";          // another tag than asked for
inline constexpr std::string_view failed = "failed";            // the server's own trouble

struct Refusal {
  std::string code;
  std::string text;  // for people, one line
};

using Reply = std::variant<Found, Refusal>;

// Lines are without LF. Parsing throws ProtocolError that quotes what it can't read.
Request parse_request(std::string_view line);
Reply parse_reply(std::string_view line);
// Lines are with LF.
std::string emit(const Request& request);
std::string emit(const Found& found);
std::string emit(const Refusal& refusal);

}  // namespace netlab::lab
