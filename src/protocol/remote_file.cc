#include "protocol/remote_file.h"

namespace netlab {

void RemoteFile::set_deadline(Instant deadline) {
  deadline_ = deadline;
  if (server_) server_->set_deadline(deadline);
}

Stream& RemoteFile::server() {
  if (!server_) {
    auto server = connect_();
    // Who connects may give the server a time to answer that begins only now.
    if (server->deadline() == never) server->set_deadline(deadline_);
    server_ = std::move(server);
  }
  return *server_;
}

}  // namespace netlab
