// LabConnection is a client's end of the lab wire (protocol/lab/codec.h): what is asked goes out
// when an answer is waited for, so that many requests may leave in one piece.
#pragma once

#include <optional>
#include <string>

#include "protocol/lab/codec.h"
#include "protocol/transfer/lazy_connection.h"
#include "transport/buffered_reader.h"

namespace netlab {

class LabConnection {
 public:
  explicit LabConnection(Connect connect) : server_(std::move(connect)) {}
  const Connect& connect() const { return server_.connect(); }

  void ask(const lab::Request& request) { asked_ += lab::emit(request); }
  // The bytes behind a PUT that are at hand.
  void give(std::string_view bytes) { asked_ += bytes; }
  std::size_t unsent() const { return asked_.size(); }
  // Sends what was asked.
  void flush();

  // The next answer. Throws SystemError, ProtocolError.
  lab::Reply reply();
  // The answer to an upload, before which the server has to take all of it: what our system has not
  // got rid of yet may become less in each `silence`. Throws as reply().
  lab::Reply reply_to_upload(Duration silence, Network& network);
  // The next line of a list, and of hashes.
  lab::Item item();
  std::string hash();
  // Asks, and takes the answer. Throws ProtocolError with the server's words when it refuses.
  lab::Found find(const lab::Request& request);
  // The words of a refusal as an error. `name` is the file's.
  [[noreturn]] static void throw_refused(const std::string& name, const lab::Refusal& refusal);

  // Bytes behind an answer.
  BufferedReader& reader();
  // Bytes behind a PUT.
  Stream& stream();

  void set_deadline(Instant deadline) { server_.set_deadline(deadline); }
  // The next call connects anew.
  void drop();

 private:
  std::string read_line() { return reader().read_line(lab::max_line); }

  LazyStream server_;
  std::optional<BufferedReader> reader_;
  std::string asked_;
};

}  // namespace netlab
