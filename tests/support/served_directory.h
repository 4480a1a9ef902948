// ServedDirectory is a temporary directory served by the real handler in virtual time. It also
// makes the streams to the server.
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

  // Creates or replaces a served file.
  void put(const std::string& name, std::string_view text) const {
    directory.write("served/" + name, text);
  }
  FileStatus status(const std::string& name) const { return share().open(name).status; }
  std::string tag(const std::string& name) const { return status(name).tag; }
  // Returns the reply expected for a request for the file, with the given size and offset.
  std::string ok(const std::string& name, const std::string& size_and_offset) const {
    const FileStatus now = status(name);
    return "OK " + size_and_offset + " " + now.tag + " " + name + " " +
           std::to_string(now.modified) + (now.executable ? " x\n" : " -\n");
  }

  // Serves a scripted client until the handler returns.
  void serve(ScriptedStream& client) {
    const ServedFiles all = share();
    serve_files(service(all), client, network);
  }

  // Returns a new connection to the server.
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
