// LineFraming of the lab wire, each as a request, a reply and an item of a list.
#include "protocol/lab/codec.h"

#include "fuzz/accepted.h"
#include "fuzz/input.h"

namespace netlab::lab {
namespace {

// `parse` reads a line as a Datagram.
template <typename Datagram, typename Parse>
void check_emitted(const Datagram& message, Parse parse) {
  std::string line = emit(message);
  must(line.find('\n') == line.size() - 1, "a message is emitted as one line");
  line.pop_back();
  must(parse(line) == message, "a message is read as it was emitted");
}

// Of whichever kind it is; `parse` reads a line as a variant.
template <typename Variant, typename Parse>
void check_variant(const Variant& variant, Parse parse) {
  const auto check = [&]<typename Datagram>(const Datagram& message) {
    check_emitted(message, [&](std::string_view line) { return std::get<Datagram>(parse(line)); });
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
