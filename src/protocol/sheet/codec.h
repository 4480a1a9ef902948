// The wire of the lab sheet's broken-download FTP, exactly (docs/protocols.md, "The sheet's wire"):
//
//   command  2 bytes   "0", "1" or "2" and a NUL
//   offset  10 bytes   for 1 and 2: decimal digits, padded with NUL
//
// and back come the file's bytes from the offset to its end, and the end of the connection. There
// is neither a size nor an error message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace netlab::sheet {

inline constexpr std::size_t command_size = 2;
inline constexpr std::size_t offset_size = 10;
// The sheet's server reads one byte beyond its array when the field has no NUL at its end.
inline constexpr std::uint64_t max_client_offset = 999'999'999;

enum class Command {
  whole = 0,   // the complete file
  offset = 1,  // from an offset that the user gave
  resume = 2,  // from the size of the file the client has
};

// Throws ProtocolError for anything but the three commands.
Command parse_command(std::string_view field);
// Digits up to the first NUL, or all ten. Throws ProtocolError for a sign, letters, an empty field.
std::uint64_t parse_offset(std::string_view field);

// `offset` is at most max_client_offset, and 0 for Command::whole.
std::string emit_request(Command command, std::uint64_t offset);

}  // namespace netlab::sheet
