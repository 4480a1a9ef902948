// A folder that is served by the real handler in virtual time, and the streams to it.
#pragma once

#include <filesystem>
#include <memory>

#include "protocol/file_server.h"
#include "support/event_log.h"
#include "support/scripted_stream.h"
#include "support/served_stream.h"
#include "support/temporary_directory.h"

namespace netlab {

class ServedDirectory {
 public:
  explicit ServedDirectory(std::string_view default_name = "") : default_name_(default_name) {
    std::filesystem::create_directories(directory.path("served"));
  }

  // Makes or replaces a file that is served.
  void put(const std::string& name, std::string_view text) const {
    directory.write("served/" + name, text);
  }
  FileStatus state(const std::string& name) const { return share().open(name).state; }
  std::string tag(const std::string& name) const { return state(name).tag; }
  // The answer to a request for it, for the size and the offset it is to tell.
  std::string ok(const std::string& name, const std::string& size_and_offset) const {
    const FileStatus now = state(name);
    return "OK " + size_and_offset + " " + now.tag + " " + name + " " +
           std::to_string(now.modified) + (now.executable ? " x\n" : " -\n");
  }

  // Serves a client that follows a script.
  void serve(ScriptedStream& client) {
    const ServedFiles all = share();
    serve_files(service(all), client, network);
  }

  // A connection to the server.
  std::unique_ptr<Stream> connect() {
    return std::make_unique<ServedStream>(network, [this](Stream& client, Network& world) {
      const ServedFiles all = share();
      serve_files(service(all), client, world);
    });
  }

  TemporaryDirectory directory;
  VirtualNetwork network;
  EventLog log;
  bool writable = false;
  std::uint64_t limit_rate = 0;

 private:
  FileService service(const ServedFiles& all) {
    return {.share = all, .sink = log.sink(), .writable = writable, .limit_rate = limit_rate};
  }
  ServedFiles share() const { return ServedFiles(directory.path("served"), default_name_); }

  std::string default_name_;
};

}  // namespace netlab
