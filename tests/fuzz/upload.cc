// An upload to a server that replies with arbitrary bytes to PART, HASH and PUT.
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

// Checks what was sent after the PUT line.
void check_sent(const std::string& written, const UploadOutcome& outcome) {
  const std::size_t put = written.rfind("PUT file 13 " + std::to_string(outcome.from) + " ");
  must(put != std::string::npos, "the upload starts at the offset of the outcome");
  std::string_view sent(written);
  sent.remove_prefix(written.find('\n', put) + 1);
  must(outcome.from + outcome.sent == content.size(), "the whole file is there");
  must(sent.substr(0, outcome.sent) == content.substr(outcome.from),
       "the bytes of the file are sent");
}

void try_upload(const std::string& path, unsigned char flags, unsigned char pieces,
                std::string_view reply) {
  VirtualNetwork network;
  ScriptedStream* server = nullptr;
  LabClient connection([&] {
    auto made = std::make_unique<ScriptedStream>(network);
    for (const std::string_view piece : pieces_of(reply, pieces)) made->says(piece);
    if (flags & 4) made->is_silent();
    if (flags & 8) made->takes(flags >> 4);
    server = made.get();
    return made;
  });
  const UploadRequest request{path, "file", {.verify = (flags & 2) != 0}};
  UploadCheckpoint checkpoint{.restart = (flags & 1) != 0};
  TransferContext context{.network = network};
  try {
    const UploadOutcome outcome = upload(request, checkpoint, connection, context);
    must(outcome.from <= content.size() && outcome.compared <= content.size(),
         "no more is compared than there is");
    must(!(flags & 1) || outcome.from == 0, "a restart resumes nothing");
    must(!(flags & 2) || outcome.verified, "what was asked to be verified was");
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
  const unsigned char flags = netlab::take_byte(input);
  const unsigned char pieces = netlab::take_byte(input);
  netlab::try_upload(directory.path("file"), flags, pieces, input);
  return 0;
}
