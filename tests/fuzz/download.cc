// A download from a server that sends arbitrary bytes, on either wire, with any files already
// there.
#include "protocol/transfer/download.h"

#include <set>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "fuzz/printable.h"
#include "protocol/lab/remote_file.h"
#include "protocol/sheet/remote_file.h"
#include "support/scripted_stream.h"
#include "support/temporary_directory.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;
using Mode = Checkpoint::Mode;

// The directory that is downloaded to, in parent directories that must stay otherwise empty.
class Destination {
 public:
  Destination() { fs::create_directories(path()); }

  void clear() {
    fs::remove_all(path());
    fs::create_directory(path());
  }
  std::string path(const std::string& name = "") const { return root_.path("in/got/" + name); }
  std::string read(const std::string& name) const { return root_.read("in/got/" + name); }
  void write(const std::string& name, std::string_view text) const {
    root_.write("in/got/" + name, text);
  }

  static std::set<std::string> names_in(const std::string& directory) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory))
      names.insert(entry.path().filename().string());
    return names;
  }
  std::set<std::string> names() const { return names_in(path()); }

  void check() const {
    using Names = std::set<std::string>;
    must(names_in(root_.path()) == Names{"in"} && names_in(root_.path("in")) == Names{"got"},
         "nothing is written outside of the directory");
    for (const std::string& name : names())
      must(is_printable(name) && !name.starts_with('.'), "no name hides a file");
  }

 private:
  TemporaryDirectory root_;
};

class Trial {
 public:
  Trial(Destination& destination, std::string_view& input) : destination_(destination) {
    flags_ = take_byte(input);
    max_piece_ = take_byte(input);
    checkpoint_.mode = static_cast<Mode>(flags_ & 3);
    checkpoint_.offset = take_byte(input) % 10;
    request_.destination = destination_.path(into_directory() ? "" : "file");
    if ((flags_ & 16) || !into_directory()) request_.name = "file";
    server_says_ = input;
    original_ = checkpoint_;
    prepare();
  }

  void run() {
    VirtualNetwork network;
    const Connect connect = [&] {
      auto server = std::make_unique<ScriptedStream>(network);
      for (const std::string_view piece : pieces_of(server_says_, max_piece_)) server->says(piece);
      if (flags_ & 128) server->is_silent();
      return server;
    };
    const auto remote = flags_ & 4 ? sheet_file(connect) : lab_file(connect, request_.name);
    try {
      TransferContext context{.network = network};
      check_outcome(download(request_, checkpoint_, *remote, context));
    } catch (const ProtocolError& error) {
      must(is_printable(error.what()), "what is quoted of a server is escaped");
    } catch (const SystemError&) {
    }
    check_names();
    check_kept();
  }

 private:
  static constexpr std::string_view before = "hello, ";

  bool into_directory() const { return flags_ & 8; }
  // What exists before: nothing, DEST, DEST.part, or DEST.part with its state.
  int initial_files() const { return flags_ >> 5 & 3; }

  void prepare() {
    destination_.clear();
    if (initial_files() == 1) destination_.write("file", before);
    if (initial_files() >= 2) destination_.write("file.part", before);
    if (initial_files() == 3) destination_.write("file.part.state", "netlab partial 1\ntag t\n");
  }

  void check_outcome(const DownloadOutcome& outcome) {
    const std::string name = outcome.destination.substr(destination_.path().size());
    const std::string text = destination_.read(name);
    const std::uint64_t end = outcome.from + outcome.received;
    must(text.size() >= end, "the outcome reports what was received");
    must(text.size() == end || original_.mode == Mode::offset, "nothing is left of another file");
    const std::string received = text.substr(outcome.from, outcome.received);
    must(server_says_.find(received) != std::string_view::npos,
         "what was received is what the server sent");
    must(!destination_.names().contains(name + ".part"), "a complete file has its final name");
  }

  void check_names() const {
    if (request_.name.empty()) return;
    for (const std::string& name : destination_.names())
      must(name == "file" || name == "file.part" || name == "file.part.state",
           "a server chooses no name");
  }

  // Checks that existing bytes are lost only where the mode replaces them.
  void check_kept() const {
    if (request_.name.empty() || initial_files() == 0) return;
    const std::string content = destination_.read("file");
    if (initial_files() == 1 && destination_.names().contains("file.part"))
      must(content == before, "DEST stays until the new file is complete");
    // A .part belongs to netlab: bytes that are not in the remote file are cut off.
    if ((original_.mode == Mode::automatic || original_.mode == Mode::resume) &&
        initial_files() == 1) {
      must(content.starts_with(before), "existing bytes are kept");
    } else if (original_.mode == Mode::offset && initial_files() == 1) {
      const std::size_t kept = std::min<std::size_t>(original_.offset, before.size());
      must(content.starts_with(before.substr(0, kept)), "bytes before the offset are kept");
    }
  }

  Destination& destination_;
  unsigned char flags_ = 0;
  unsigned char max_piece_ = 0;
  DownloadRequest request_;
  Checkpoint checkpoint_;  // changes during the run
  Checkpoint original_;
  std::string_view server_says_;
};

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static netlab::Destination destination;
  std::string_view input = netlab::text_of(data, size);
  netlab::Trial(destination, input).run();
  destination.check();
  return 0;
}
