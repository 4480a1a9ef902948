// LabSession serves one client's connection on the lab wire (protocol/lab/codec.h). Clients may
// pipeline requests: replies and small files are collected in a buffer, which is sent when no
// further request has arrived or the buffer is full.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "file/partial_file.h"
#include "protocol/lab/codec.h"
#include "protocol/transfer/file_service.h"
#include "protocol/transfer/rate_limit.h"
#include "transport/buffered_reader.h"

namespace netlab {

class LabSession {
 public:
  LabSession(const FileService& service, BufferedReader& reader, Stream& client, Network& network)
      : service_(service),
        reader_(reader),
        client_(client),
        network_(network),
        limiter_(service.limit_rate, network) {}

  // Serves requests until the client closes the connection. Throws SystemError, ProtocolError.
  void serve();

 private:
  bool wait_for_request();
  lab::Request read_request();
  void handle(const lab::Request& request);

  // GET, RANGE and STAT: session_read.cc.
  void send(const lab::Request& request);
  void stat(const lab::Request& request);
  // Opens the requested file. Throws RequestError.
  ServedFile open(const lab::Request& request) const;
  bool append_file(const ServedFile& file, std::uint64_t offset, std::uint64_t count);

  // LIST and HASH: session_inspect.cc.
  void list(const lab::Request& request);
  void hash(const lab::Request& request);
  bool is_hidden(const std::string& directory, const Entry& entry) const;

  // PUT, PART and MKDIR: session_write.cc.
  void receive(const lab::Request& request);
  void receive_small(const lab::Request& request, const FileName& target);
  void after_upload(const lab::Request& request);
  void receive_large(const lab::Request& request, const FileName& target);
  void receive_bytes(const PartialFile& partial, const lab::Request& request);
  std::size_t receive_some(const PartialFile& partial, std::uint64_t max_bytes, Instant deadline);
  void reject_upload(const lab::Request& request, const lab::ErrorReply& rejection);
  void log_received(const lab::Request& request);
  void part(const lab::Request& request);
  void make_directory(const lab::Request& request);
  void check_writable() const;

  void reject(const lab::Request& request, const lab::ErrorReply& rejection);
  static lab::FileReply file_reply(const FileStatus& status, std::uint64_t offset,
                                   const std::string& name);

  // Appends to the buffer of replies.
  void write(const std::string& text);
  // Sends the buffer, then reports the events of the requests in it.
  void flush();
  // Counts units of work, and yields to other fibers after every work_per_turn of them: a client
  // that pipelines requests never makes this fiber wait.
  void count_work(std::uint64_t units);
  // The minimum rate of a transfer that starts now.
  MinimumRate minimum_rate() const;
  // Sets the deadline to the stall timeout from now.
  void restart_stall_timeout();

  const FileService& service_;
  BufferedReader& reader_;
  Stream& client_;
  Network& network_;
  RateLimiter limiter_;
  std::string output_;         // replies not sent yet
  std::vector<Event> events_;  // reported when output_ has been sent
  std::uint64_t work_ = 0;     // units since the last yield
  // Bytes of the current upload not received yet; none: unknown, because writing them failed.
  std::optional<std::uint64_t> left_;
};

}  // namespace netlab
