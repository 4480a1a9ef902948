// The codec of the sheet's wire parses and emits its requests. The wire is the protocol of the lab
// sheet's broken-download FTP programs, byte for byte (docs/protocols.md, "The sheet's wire").
//
//   command  2 bytes   "0", "1" or "2" and a NUL
//   offset  10 bytes   only for 1 and 2: decimal digits, padded with NUL
//
// The server sends the file's bytes from the offset to its end and closes the connection. There is
// neither a size nor an error message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace netlab::sheet {

inline constexpr std::size_t command_size = 2;
inline constexpr std::size_t offset_size = 10;
// Nine digits: the sheet's server reads one byte beyond its array if the field has no NUL at its
// end.
inline constexpr std::uint64_t max_client_offset = 999'999'999;

enum class Command {
  whole = 0,   // the whole file
  offset = 1,  // from an offset that the user gave
  resume = 2,  // from the size of the file the client has
};

// Throws ProtocolError for anything except the three commands.
Command parse_command(std::string_view field);
// Parses the digits up to the first NUL, or all ten. Throws ProtocolError for a sign, letters, or
// an empty field.
std::uint64_t parse_offset(std::string_view field);

// `offset` must be at most max_client_offset; it is ignored for Command::whole.
std::string emit_request(Command command, std::uint64_t offset);

}  // namespace netlab::sheet
