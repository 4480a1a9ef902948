// A server that says anything to an upload: to PART, HASH and PUT.
#include "protocol/lab/upload.h"

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "fuzz/printable.h"
#include "protocol/lab/codec.h"
#include "support/scripted_stream.h"
#include "support/temporary_directory.h"

namespace netlab {
namespace {

constexpr std::string_view content = "hello, world\n";

// What was sent behind the PUT, if it was sent.
void check_sent(const std::string& written, const Upload::Outcome& outcome) {
  const std::size_t put = written.rfind("PUT file 13 " + std::to_string(outcome.from) + " ");
  must(put != std::string::npos, "it is put where it goes on");
  std::string_view behind(written);
  behind.remove_prefix(written.find('\n', put) + 1);
  must(outcome.from + outcome.sent == content.size(), "all of it is there");
  must(behind.substr(0, outcome.sent) == content.substr(outcome.from),
       "what is sent is the file's");
}

void upload(const std::string& path, unsigned char how, unsigned char pieces,
            std::string_view says) {
  VirtualNetwork network;
  ScriptedStream* server = nullptr;
  LabClient connection([&] {
    auto made = std::make_unique<ScriptedStream>(network);
    for (const std::string_view piece : pieces_of(says, pieces)) made->says(piece);
    if (how & 4) made->is_silent();
    if (how & 8) made->takes(how >> 4);
    server = made.get();
    return made;
  });
  const Upload order{.path = path,
                     .name = "file",
                     .sending = {.restart = (how & 1) != 0, .verify = (how & 2) != 0}};
  try {
    const Upload::Outcome outcome = order.run(connection, network);
    must(outcome.from <= content.size() && outcome.compared <= content.size(),
         "no more is compared than there is");
    must(!(how & 1) || outcome.from == 0, "a restart uses nothing");
    must(!(how & 2) || outcome.verified, "what was asked to be verified was");
    check_sent(server->written(), outcome);
  } catch (const ProtocolError& error) {
    must(is_printable(error.what()), "what is quoted of a server is escaped");
  } catch (const SystemError&) {
  }
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const netlab::TemporaryDirectory directory;
  static const bool once = (directory.write("file", netlab::content), true);
  (void)once;
  std::string_view input = netlab::text_of(data, size);
  const unsigned char how = netlab::take_byte(input);
  const unsigned char pieces = netlab::take_byte(input);
  netlab::upload(directory.path("file"), how, pieces, input);
  return 0;
}
