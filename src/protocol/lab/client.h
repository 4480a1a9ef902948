// LabClient is a client's end of the lab wire (protocol/lab/codec.h): what is asked goes out
// when an answer is waited for, so that many requests may leave in one piece.
#pragma once

#include <optional>
#include <string>

#include "protocol/lab/codec.h"
#include "protocol/transfer/lazy_connection.h"
#include "transport/buffered_reader.h"

namespace netlab {

class LabClient {
 public:
  explicit LabClient(Connect connect) : server_(std::move(connect)) {}
  const Connect& connect() const { return server_.connect(); }

  void queue_request(const lab::Request& request) { queued_ += lab::emit(request); }
  // The bytes behind a PUT that are at hand.
  void append_body(std::string_view bytes) { queued_ += bytes; }
  std::size_t unsent() const { return queued_.size(); }
  // Sends what was asked.
  void flush();

  // The next answer. Throws SystemError, ProtocolError.
  lab::Reply reply();
  // The answer to an upload, before which the server has to take all of it: what our system has not
  // got rid of yet may become less in each `silence`. Throws as reply().
  lab::Reply reply_to_upload(Duration response_timeout, Network& network);
  // The next line of a list, and of hashes.
  lab::Item item();
  std::string hash();
  // Asks, and takes the answer. Throws ProtocolError with the server's words when it refuses.
  lab::FileReply find(const lab::Request& request);
  // The words of a refusal as an error. `name` is the file's.
  [[noreturn]] static void throw_error_reply(const std::string& name,
                                             const lab::ErrorReply& refusal);

  // Bytes behind an answer.
  BufferedReader& reader();
  // Bytes behind a PUT.
  Stream& stream();

  void set_deadline(Instant deadline) { server_.set_deadline(deadline); }
  // The next call connects anew.
  void drop();

 private:
  std::string read_line() { return reader().read_line(lab::max_line); }

  LazyConnection server_;
  std::optional<BufferedReader> reader_;
  std::string queued_;
};

}  // namespace netlab
