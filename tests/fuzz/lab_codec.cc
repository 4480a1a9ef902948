// Lines of the lab wire, each parsed as a request, as a reply and as an item of a list.
#include "protocol/lab/codec.h"

#include "fuzz/accepted.h"
#include "fuzz/input.h"

namespace netlab::lab {
namespace {

// `parse` parses a line as a Message.
template <typename Message, typename Parse>
void check_emitted(const Message& message, Parse parse) {
  std::string line = emit(message);
  must(line.find('\n') == line.size() - 1, "a message is emitted as one line");
  line.pop_back();
  must(parse(line) == message, "a message is read as it was emitted");
}

// The same for the alternative that a variant holds; `parse` parses a line as the variant.
template <typename Variant, typename Parse>
void check_variant(const Variant& variant, Parse parse) {
  const auto check = [&]<typename Message>(const Message& message) {
    check_emitted(message, [&](std::string_view line) { return std::get<Message>(parse(line)); });
  };
  std::visit(check, variant);
}

void check_line(std::string_view line) {
  if (const auto request = accepted<ProtocolError>([&] { return parse_request(line); }))
    check_emitted(*request, parse_request);
  if (const auto reply = accepted<ProtocolError>([&] { return parse_reply(line); }))
    check_variant(*reply, parse_reply);
  if (const auto item = accepted<ProtocolError>([&] { return parse_item(line); }))
    check_variant(*item, parse_item);
}

}  // namespace
}  // namespace netlab::lab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view lines = netlab::text_of(data, size);
  do netlab::lab::check_line(netlab::take_until(lines, '\n'));
  while (!lines.empty());
  return 0;
}
