// A folder that is served by the real handler in virtual time, and the streams to it.
#pragma once

#include <filesystem>
#include <memory>

#include "protocol/event_log.h"
#include "protocol/file_server.h"
#include "protocol/scripted_stream.h"
#include "protocol/served_stream.h"
#include "support/temporary_folder.h"

namespace netlab {

class ServedFolder {
 public:
  explicit ServedFolder(std::string_view default_name = "") : default_name_(default_name) {
    std::filesystem::create_directories(folder.path("served"));
  }

  // Makes or replaces a file that is served.
  void put(const std::string& name, std::string_view text) const {
    folder.write("served/" + name, text);
  }
  std::string tag(const std::string& name) const { return share().open(name).state.tag; }

  // Serves a client that follows a script.
  void serve(ScriptedStream& client) {
    const Share all = share();
    serve_files({.share = all, .tell = log.tell()}, client, network);
  }

  // A connection to the server.
  std::unique_ptr<Stream> connect() {
    return std::make_unique<ServedStream>(network, [this](Stream& client, Network& world) {
      const Share all = share();
      serve_files({.share = all, .tell = log.tell()}, client, world);
    });
  }

  TemporaryFolder folder;
  VirtualNetwork network;
  EventLog log;

 private:
  Share share() const { return Share(folder.path("served"), default_name_); }

  std::string default_name_;
};

}  // namespace netlab
