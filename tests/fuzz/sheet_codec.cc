// The two fields of the sheet's wire.
#include "protocol/sheet/codec.h"

#include "fuzz/accepted.h"
#include "fuzz/input.h"

namespace netlab::sheet {
namespace {

void check_command(std::string_view field) {
  const auto command = accepted<ProtocolError>([&] { return parse_command(field); });
  if (!command) return;
  must(emit_request(*command, 0).substr(0, command_size) == field,
       "a command is emitted as it was read");
}

void check_offset(std::string_view field) {
  const auto offset = accepted<ProtocolError>([&] { return parse_offset(field); });
  if (!offset || *offset > max_client_offset) return;
  const std::string request = emit_request(Command::offset, *offset);
  must(request.size() == command_size + offset_size, "a request has both fields");
  must(parse_command(request.substr(0, command_size)) == Command::offset,
       "a command is read as it was emitted");
  must(parse_offset(request.substr(command_size)) == *offset,
       "an offset is read as it was emitted");
}

}  // namespace
}  // namespace netlab::sheet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netlab::sheet;
  const std::string_view request = netlab::text_of(data, size);
  const std::string_view command = request.substr(0, command_size);
  check_command(command);
  check_offset(request.substr(command.size(), offset_size));
  return 0;
}
