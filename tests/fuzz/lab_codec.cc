// Lines of the lab wire, each as a request and as a reply.
#include "protocol/lab_codec.h"

#include <tuple>

#include "fuzz/accepted.h"
#include "fuzz/input.h"

namespace netlab::lab {
namespace {

// All that a message says. A member that is added fails to compile here until it is compared, too.
auto said_by(const Request& request) {
  const auto& [method, name, offset, tag] = request;
  return std::make_tuple(method, name, offset, tag);
}
auto said_by(const Found& found) {
  const auto& [size, offset, tag, name] = found;
  return std::make_tuple(size, offset, tag, name);
}
auto said_by(const Refusal& refusal) {
  const auto& [code, text] = refusal;
  return std::make_tuple(code, text);
}

// `parse` reads a line as a Message.
template <typename Message, typename Parse>
void check_emitted(const Message& message, Parse parse) {
  std::string line = emit(message);
  must(line.find('\n') == line.size() - 1, "a message is emitted as one line");
  line.pop_back();
  must(said_by(parse(line)) == said_by(message), "a message is read as it was emitted");
}

// Of whichever kind it is.
void check_reply(const Reply& reply) {
  const auto check = []<typename Message>(const Message& message) {
    check_emitted(message,
                  [](std::string_view line) { return std::get<Message>(parse_reply(line)); });
  };
  std::visit(check, reply);
}

void check_line(std::string_view line) {
  if (const auto request = accepted<ProtocolError>([&] { return parse_request(line); }))
    check_emitted(*request, parse_request);
  if (const auto reply = accepted<ProtocolError>([&] { return parse_reply(line); }))
    check_reply(*reply);
}

}  // namespace
}  // namespace netlab::lab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view lines = netlab::text_of(data, size);
  do netlab::lab::check_line(netlab::take_until(lines, '\n'));
  while (!lines.empty());
  return 0;
}
