#include "protocol/transfer/lazy_connection.h"

namespace netlab {

void LazyConnection::set_deadline(Instant deadline) {
  deadline_ = deadline;
  if (stream_) stream_->set_deadline(deadline);
}

Stream& LazyConnection::get() {
  if (!stream_) {
    auto stream = connect_();
    // `connect_` may have set a deadline that starts when the connection is established.
    if (stream->deadline() == never) stream->set_deadline(deadline_);
    stream_ = std::move(stream);
  }
  return *stream_;
}

}  // namespace netlab
