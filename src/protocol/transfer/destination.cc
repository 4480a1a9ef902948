#include "protocol/transfer/destination.h"

#include "base/error.h"
#include "base/escape.h"
#include "file/path_state.h"

namespace netlab {
namespace {

// The last component of the remote file's name. A name that the server chose must not lead to
// another directory, be hidden, or contain bytes that a terminal would interpret.
std::string local_name(const DownloadRequest& request, RemoteFile& remote) {
  std::string name = request.name;
  const bool is_from_server = name.empty();
  if (is_from_server)
    if (const auto found = remote.stat()) name = found->name;
  name.erase(0, name.rfind('/') + 1);
  const bool is_unsafe = is_from_server && (name.starts_with('.') || escaped(name) != name);
  if (name.empty() || name == "." || name == ".." || is_unsafe ||
      name.find('\0') != std::string::npos)
    throw ProtocolError("the remote file has no usable name: a destination is required");
  return name;
}

}  // namespace

Destination choose_destination(const DownloadRequest& request, RemoteFile& remote) {
  using Kind = Destination::Kind;
  const std::string& path = request.destination;
  if (path == "-") return {path, Kind::standard_output};
  if (path.empty()) return {local_name(request, remote)};
  switch (look_at(path).kind) {
    case PathState::Kind::directory:
      return {path + "/" + local_name(request, remote)};
    case PathState::Kind::other:
      return {path, Kind::special};
    default:
      return {path};
  }
}

}  // namespace netlab
