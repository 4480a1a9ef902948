#include "protocol/remote_file.h"

namespace netlab {

void RemoteFile::set_deadline(Instant deadline) {
  deadline_ = deadline;
  if (server_) server_->set_deadline(deadline);
}

Stream& RemoteFile::server() {
  if (!server_) {
    server_ = connect_();
    server_->set_deadline(deadline_);
  }
  return *server_;
}

}  // namespace netlab
