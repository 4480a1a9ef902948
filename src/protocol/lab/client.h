// LabClient is the client's end of a connection on the lab wire (protocol/lab/codec.h). Requests
// are queued and sent when a reply is read, so pipelined requests leave in one write.
#pragma once

#include <optional>
#include <string>

#include "protocol/lab/codec.h"
#include "protocol/transfer/lazy_connection.h"
#include "protocol/transfer/transfer_context.h"
#include "transport/buffered_reader.h"

namespace netlab {

class LabClient {
 public:
  explicit LabClient(Connect connect) : server_(std::move(connect)) {}
  const Connect& connect() const { return server_.connect(); }

  void queue_request(const lab::Request& request) { queued_ += lab::emit(request); }
  // Queues body bytes that follow a PUT.
  void append_body(std::string_view bytes) { queued_ += bytes; }
  std::size_t unsent() const { return queued_.size(); }  // bytes queued
  // Sends what is queued.
  void flush();

  // Reads the next reply. Throws SystemError, ProtocolError.
  lab::Reply reply();
  // Reads the reply to an upload. The server sends it after it has received the whole upload, so
  // the deadline is extended while each response timeout leaves fewer bytes unacknowledged.
  // Throws as reply().
  lab::Reply reply_to_upload(const TransferContext& context);
  // Reads the next line of a LIST or HASH reply.
  lab::Item item();
  std::string hash();
  // Sends the request and reads its reply. Throws ProtocolError with the server's text if the reply
  // is an ERROR.
  lab::FileReply find(const lab::Request& request);
  // Throws an ERROR reply about the file `name`: TemporaryError if busy, else ProtocolError.
  [[noreturn]] static void throw_error_reply(const std::string& name,
                                             const lab::ErrorReply& rejection);

  // For the bytes that follow a reply.
  BufferedReader& reader();
  // For the bytes that follow a PUT.
  Stream& stream();

  void set_deadline(Instant deadline) { server_.set_deadline(deadline); }
  // Closes the connection and discards queued requests; the next call opens a new connection.
  void drop();

 private:
  std::string read_line() { return reader().read_line(lab::max_line); }

  LazyConnection server_;
  std::optional<BufferedReader> reader_;
  std::string queued_;
};

}  // namespace netlab
