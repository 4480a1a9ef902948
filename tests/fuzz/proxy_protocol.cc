// The PROXY protocol header, in pieces of any size.
#include "protocol/proxy/proxy_protocol.h"

#include "fuzz/accepted.h"
#include "fuzz/input.h"
#include "support/scripted_stream.h"

namespace netlab {
namespace {

struct Result {
  std::string peer;
  std::size_t unread;
  bool operator==(const Result&) const = default;
};

std::optional<Result> take(std::string_view bytes, unsigned char max_chunk) {
  VirtualNetwork network;
  ScriptedStream stream(network);
  for (const std::string_view piece : pieces_of(bytes, max_chunk)) stream.says(piece);
  return accepted<ProtocolError>([&] {
    proxy::read_header(stream);
    return Result{stream.peer().text(), stream.unread()};
  });
}

void check(std::string_view input) {
  const unsigned char max_chunk = take_byte(input);
  const auto result = take(input, 0);
  must(result == take(input, max_chunk), "pieces are read as the whole is");
  if (!result || input.empty()) return;
  const std::size_t size = proxy::head_size + proxy::parse_head(input.substr(0, proxy::head_size));
  must(result->unread == input.size() - size, "exactly the header is consumed");
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check(netlab::text_of(data, size));
  return 0;
}
