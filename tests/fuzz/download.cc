// A server that says anything to a download, on either wire, whatever is there already.
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
using Mode = Download::Mode;

// Where it is downloaded to: a folder in folders that stay empty else.
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
         "nothing is written elsewhere");
    for (const std::string& name : names())
      must(is_printable(name) && !name.starts_with('.'), "no name hides a file");
  }

 private:
  TemporaryDirectory root_;
};

class Trial {
 public:
  Trial(Destination& place, std::string_view& input) : place_(place) {
    how_ = take_byte(input);
    pieces_ = take_byte(input);
    order_.mode = static_cast<Mode>(how_ & 3);
    order_.offset = take_byte(input) % 10;
    order_.destination = place_.path(into_directory() ? "" : "file");
    if ((how_ & 16) || !into_directory()) order_.name = "file";
    server_says_ = input;
    asked_ = order_;
    prepare();
  }

  void run() {
    VirtualNetwork network;
    const Connect connect = [&] {
      auto server = std::make_unique<ScriptedStream>(network);
      for (const std::string_view piece : pieces_of(server_says_, pieces_)) server->says(piece);
      if (how_ & 128) server->is_silent();
      return server;
    };
    const auto remote = how_ & 4 ? sheet_file(connect) : lab_file(connect, order_.name);
    try {
      check_outcome(order_.run(*remote, network));
    } catch (const ProtocolError& error) {
      must(is_printable(error.what()), "what is quoted of a server is escaped");
    } catch (const SystemError&) {
    }
    check_names();
    check_kept();
  }

 private:
  static constexpr std::string_view before = "hello, ";

  bool into_directory() const { return how_ & 8; }
  // What is there before: nothing, DEST, DEST.part, DEST.part with its state.
  int there() const { return how_ >> 5 & 3; }

  void prepare() {
    place_.clear();
    if (there() == 1) place_.write("file", before);
    if (there() >= 2) place_.write("file.part", before);
    if (there() == 3) place_.write("file.part.state", "netlab partial 1\ntag t\n");
  }

  void check_outcome(const Download::Outcome& outcome) {
    const std::string name = outcome.destination.substr(place_.path().size());
    const std::string text = place_.read(name);
    const std::uint64_t end = outcome.from + outcome.received;
    must(text.size() >= end, "the outcome tells what was received");
    must(text.size() == end || order_.mode == Mode::offset, "nothing is left of another file");
    const std::string theirs = text.substr(outcome.from, outcome.received);
    must(server_says_.find(theirs) != std::string_view::npos,
         "what was received is what the server sent");
    must(!place_.names().contains(name + ".part"), "what is whole has its final name");
  }

  void check_names() const {
    if (order_.name.empty()) return;
    for (const std::string& name : place_.names())
      must(name == "file" || name == "file.part" || name == "file.part.state",
           "a server chooses no name");
  }

  // Nothing that was there is lost, unless it was to be replaced.
  void check_kept() const {
    if (order_.name.empty() || there() == 0) return;
    const std::string whole = place_.read("file");
    if (there() == 1 && place_.names().contains("file.part"))
      must(whole == before, "DEST stays until the new one is whole");
    // Of a .part, which is ours, what is not the remote file's is cut off.
    if ((asked_.mode == Mode::automatic || asked_.mode == Mode::resume) && there() == 1) {
      must(whole.starts_with(before), "what is there is kept");
    } else if (asked_.mode == Mode::offset && there() == 1) {
      const std::size_t kept = std::min<std::size_t>(asked_.offset, before.size());
      must(whole.starts_with(before.substr(0, kept)), "what is before the offset is kept");
    }
  }

  Destination& place_;
  unsigned char how_ = 0;
  unsigned char pieces_ = 0;
  Download order_;  // which changes as it goes on
  Download asked_;
  std::string_view server_says_;
};

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static netlab::Destination place;
  std::string_view input = netlab::text_of(data, size);
  netlab::Trial(place, input).run();
  place.check();
  return 0;
}
