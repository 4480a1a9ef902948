// LabSession is one client's conversation on the lab wire (protocol/lab/codec.h), at the server.
// Requests may be sent ahead of their answers; answers and small files are gathered, and leave in
// one piece when nothing is left to answer or there is enough of it.
#pragma once

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

  // To the client's end. Throws SystemError, ProtocolError.
  void serve();

 private:
  bool next_request_begins();
  lab::Request read_request();
  void answer(const lab::Request& request);

  // Reading, lab_server.cc.
  void send(const lab::Request& request);
  void stat(const lab::Request& request);
  // Opens the file that is asked for. Throws RequestError.
  ServedFile open(const lab::Request& request) const;
  bool gather(const ServedFile& file, std::uint64_t offset, std::uint64_t count);

  // Looking, lab_inspect.cc.
  void list(const lab::Request& request);
  void hash(const lab::Request& request);
  bool is_hidden(const std::string& directory, const Entry& entry) const;

  // Writing, lab_upload.cc.
  void receive(const lab::Request& request);
  void receive_small(const lab::Request& request, const FileName& place);
  void answered(const lab::Request& request);
  void receive_large(const lab::Request& request, const FileName& place);
  void receive_bytes(const PartialFile& partial, bool durable);
  std::size_t receive_some(const PartialFile& partial, std::uint64_t most, Instant deadline);
  void refuse_upload(const lab::Request& request, const lab::ErrorReply& refusal);
  void log_received(const lab::Request& request);
  void part(const lab::Request& request);
  void make_directory(const lab::Request& request);
  void check_writable() const;

  void refuse(const lab::Request& request, const lab::ErrorReply& refusal);
  static lab::FileReply described(const FileStatus& state, std::uint64_t offset,
                                  const std::string& name);

  // What is gathered goes out, and what was told of it is told.
  void write(const std::string& text);
  void flush();
  // Whoever sends requests ahead of their answers keeps this client's fiber busy: after so much
  // work the others have their turn.
  void work(std::uint64_t done);
  // Of what moves from now on.
  MinimumRate minimum_rate() const;
  // What moves now has the stall time-out for it.
  void begin_piece();

  const FileService& service_;
  BufferedReader& reader_;
  Stream& client_;
  Network& network_;
  RateLimiter limiter_;
  std::string gathered_;
  std::vector<Event> events_;
  std::uint64_t worked_ = 0;  // since the others had their turn
  std::uint64_t left_ = 0;    // of an upload: bytes that have not come yet
};

}  // namespace netlab
