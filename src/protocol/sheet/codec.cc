#include "protocol/sheet/codec.h"

#include <cassert>

#include "base/decimal.h"
#include "base/error.h"
#include "base/escape.h"

namespace netlab::sheet {

Command parse_command(std::string_view field) {
  if (field.size() == command_size && field[0] >= '0' && field[0] <= '2' && field[1] == '\0')
    return static_cast<Command>(field[0] - '0');
  throw ProtocolError("unknown command \"" + escaped(field) + "\"");
}

std::uint64_t parse_offset(std::string_view field) {
  // Bytes after the NUL are ignored: the sheet's client formats the offset with sprintf(3) into a
  // buffer that it does not clear, and sends all of it.
  const auto offset = parse_decimal(field.substr(0, field.find('\0')));
  if (!offset) throw ProtocolError("bad offset \"" + escaped(field) + "\"");
  return *offset;
}

std::string emit_request(Command command, std::uint64_t offset) {
  assert(offset <= max_client_offset);
  std::string request = std::to_string(static_cast<int>(command)) + '\0';
  if (command == Command::whole) return request;
  std::string field = std::to_string(offset);
  field.resize(offset_size, '\0');
  return request + field;
}

}  // namespace netlab::sheet
