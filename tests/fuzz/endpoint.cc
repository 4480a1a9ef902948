// HOST, HOST:PORT or [v6]:PORT.
#include "socket/endpoint.h"

#include <stdexcept>

#include "fuzz/accepted.h"
#include "fuzz/input.h"

namespace netlab {
namespace {

void check_endpoint(std::string_view text) {
  const auto endpoint =
      accepted<std::invalid_argument>([&] { return Endpoint::parse(text, 5001); });
  if (!endpoint) return;
  must(!endpoint->host.empty(), "an endpoint has a host");
  // Brackets may contain anything; the resolver rejects it later.
  if (endpoint->host.find_first_of("[]") != std::string::npos) return;
  const Endpoint again = Endpoint::parse(endpoint->text(), 1);
  must(again.host == endpoint->host && again.port == endpoint->port,
       "an endpoint is read as it was written");
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check_endpoint(netlab::text_of(data, size));
  return 0;
}
