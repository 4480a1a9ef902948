// A Wire is a protocol that `ftp get` can speak to a file server (--wire), with what it lacks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "protocol/transfer/remote_file.h"
#include "transport/network.h"

namespace netlab {

struct Wire {
  const char* name;
  bool has_names;            // false: the server has one file
  bool has_ranges_and_tags;  // for --streams, --verify, and retries of a file written as it arrives
  std::uint64_t max_offset;  // bytes
  const char* default_name;  // of the local file, if the server does not send one
  std::unique_ptr<RemoteFile> (*open)(Connect connect, const std::string& name);
};

// The first row is the default.
std::span<const Wire> wires();
// Their names, in the same order.
std::vector<std::string> wire_names();
// `name` must be one of them.
const Wire& wire_named(const std::string& name);

}  // namespace netlab
