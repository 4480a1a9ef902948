#include "protocol/transfer/lazy_connection.h"

namespace netlab {

void LazyConnection::set_deadline(Instant deadline) {
  deadline_ = deadline;
  if (stream_) stream_->set_deadline(deadline);
}

Stream& LazyConnection::get() {
  if (!stream_) {
    auto stream = connect_();
    // Who connects may give the server a time to answer that begins only now.
    if (stream->deadline() == never) stream->set_deadline(deadline_);
    stream_ = std::move(stream);
  }
  return *stream_;
}

}  // namespace netlab
