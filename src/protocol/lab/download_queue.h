// DownloadQueue fetches the files of a DownloadTree one after the other over one connection. It
// pipelines the requests for files that do not exist here; a file that exists, whole or in part, is
// resumed by a Download.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/error.h"
#include "file/directory.h"
#include "file/directory_reader.h"
#include "file/partial_file.h"
#include "protocol/lab/client.h"
#include "protocol/lab/codec.h"
#include "protocol/lab/download_tree.h"
#include "protocol/transfer/rate_limit.h"

struct stat;

namespace netlab {

class DownloadQueue {
 public:
  DownloadQueue(DownloadTree& request, LabClient& server, Network& network)
      : request_(request),
        settings_(request.receiving),
        server_(server),
        network_(network),
        limiter_(settings_.limit_rate, network) {}

  // Queues a file of known name and state. `is_new`: this run created the local directory, so the
  // destination cannot exist. Throws SystemError or ProtocolError if no further file can be
  // fetched.
  void receive(const std::string& remote, const FileName& destination, const Entry& entry,
               bool is_new);
  // Fetches the queued files whose destination exists: what exists must be compared first.
  void receive_existing();
  // Receives files until at most `max_bytes` of requests are unanswered.
  void receive_replies(std::size_t max_bytes);

  void fail(const std::string& why);
  void skip() { ++summary_.skipped; }
  const TransferSummary& summary() const { return summary_; }

 private:
  // A file that has been requested, or will be.
  struct Pending {
    std::string remote;
    FileName destination;
    bool has_stat;  // a STAT follows the GET, to detect a change during the transfer
    std::size_t request_bytes = 0;
  };

  void restart_timeout() {
    server_.set_deadline(add_saturating(network_.now(), settings_.response_timeout));
  }
  void postpone(Pending file);
  void queue_request(Pending file);
  void requeue_with_stat(const Pending& file);
  void requeue();
  void receive_reply(const Pending& file);
  void receive_small(const Pending& file, const lab::FileReply& found);
  void receive_large(const Pending& file, const lab::FileReply& found);
  bool confirm(const Pending& file, const lab::FileReply& found);
  void resume_one(const Pending& file);
  FinalAttributes attributes_of(const lab::FileReply& found) const;
  void add_progress(std::uint64_t bytes);
  void count(const Pending& file, std::uint64_t bytes);

  DownloadTree& request_;
  const DownloadSettings& settings_;
  LabClient& server_;
  Network& network_;
  RateLimiter limiter_;
  TransferSummary summary_;
  std::deque<Pending> pending_;    // requested
  std::vector<Pending> existing_;  // not requested yet: the destination exists
  std::size_t queued_bytes_ = 0;   // bytes of the requests in pending_
  std::uint64_t left_ = 0;         // bytes of the current file not received yet
  std::uint64_t done_ = 0;         // bytes received of all files
  std::uint64_t expected_ = 0;     // bytes of all files known so far
};

// Whether the error means that no further file can be written either.
bool is_of_disk(const SystemError& error);
// The error message for a file that the server rejected.
std::string error_text(const std::string& name, const lab::ErrorReply& refusal);

}  // namespace netlab
