// DownloadQueue fetches the files of a DownloadTree, one after the other on one connection: what is
// not there yet is asked for ahead of the answers, what is goes the way of a Download.
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

  // One whose name and state are known. `is_new`: nothing is at its place that we did not put
  // there. Throws SystemError, ProtocolError when the others can't be had either.
  void receive(const std::string& remote, const FileName& place, const Entry& entry, bool is_new);
  // Those of which something is there, and which wait for that: what it is has to be found out.
  void receive_existing();
  // Until no more than so many bytes of requests have no answer.
  void take_answers(std::size_t left);

  void fail(const std::string& why);
  void skip() { ++tally_.skipped; }
  const TransferSummary& tally() const { return tally_; }

 private:
  // A file that has been asked for.
  struct Pending {
    std::string remote;
    FileName place;
    bool is_confirmed;      // a STAT behind its bytes tells whether it has changed meanwhile
    std::size_t asked = 0;  // bytes of the requests for it
  };

  void restart_timeout() {
    server_.set_deadline(add_saturating(network_.now(), settings_.response_timeout));
  }
  void postpone(Pending file);
  void queue_request(Pending file);
  void queue_confirmed(const Pending& file);
  void queue_again();
  void take_answer(const Pending& file);
  void take_small(const Pending& file, const lab::FileReply& found);
  void take_large(const Pending& file, const lab::FileReply& found);
  bool confirm(const Pending& file, const lab::FileReply& found);
  void resume_one(const Pending& file);
  FinalAttributes finish_of(const lab::FileReply& found) const;
  void moved(std::uint64_t bytes);
  void count(const Pending& file, std::uint64_t bytes);

  DownloadTree& request_;
  const DownloadSettings& settings_;
  LabClient& server_;
  Network& network_;
  RateLimiter limiter_;
  TransferSummary tally_;
  std::deque<Pending> pending_;
  std::vector<Pending> existing_;
  std::size_t queued_bytes_ = 0;
  std::uint64_t left_ = 0;  // bytes of the file that is coming
  std::uint64_t done_ = 0;
  std::uint64_t expected_ = 0;
};

// After these no further file can be written either.
bool is_of_disk(const SystemError& error);
// Why there is nothing of that name, for people.
std::string error_text(const std::string& name, const lab::ErrorReply& refusal);

}  // namespace netlab
