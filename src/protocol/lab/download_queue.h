// DownloadQueue fetches the files of a DownloadTree one after the other over one connection. It
// pipelines the requests for files that do not exist here; a file that exists, whole or in part, is
// resumed by download().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "file/directory.h"
#include "file/directory_reader.h"
#include "file/partial_file.h"
#include "protocol/lab/client.h"
#include "protocol/lab/codec.h"
#include "protocol/lab/pipeline.h"
#include "protocol/lab/tree_report.h"
#include "protocol/transfer/download.h"

namespace netlab {

class DownloadQueue {
 public:
  DownloadQueue(const DownloadSettings& settings, TreeCheckpoint& checkpoint, LabClient& server,
                TransferContext& context, TreeReport& report)
      : settings_(settings),
        checkpoint_(checkpoint),
        server_(server),
        context_(context),
        report_(report) {}

  // Queues a file that the server listed as `entry`. `is_absent`: the destination is known not to
  // exist. Throws SystemError or ProtocolError if no further file can be fetched.
  void receive(const std::string& remote, const FileName& destination, const Entry& entry,
               bool is_absent);
  // Fetches the queued files whose destination exists: what exists must be compared first.
  void receive_existing();
  // Reports a file or directory that the server rejected.
  void fail_rejected(const std::string& name, const lab::ErrorReply& rejection);
  // Receives files until at most `max_bytes` of requests are unanswered.
  void receive_replies(std::size_t max_bytes);

 private:
  // A file that has been requested, or will be.
  struct RequestedFile {
    std::string remote;
    FileName destination;
    bool has_stat;  // a STAT follows the GET, to detect a change during the transfer
  };

  void postpone(RequestedFile file);
  void queue_request(RequestedFile file);
  void requeue(std::optional<RequestedFile> first = std::nullopt);
  void receive_reply(const RequestedFile& file);
  void receive_small(const RequestedFile& file, const lab::FileReply& found);
  void receive_large(const RequestedFile& file, const lab::FileReply& found);
  bool confirm(const RequestedFile& file, const lab::FileReply& found);
  void resume_one(const RequestedFile& file);
  FinalAttributes attributes_of(const lab::FileReply& found) const;

  const DownloadSettings& settings_;
  TreeCheckpoint& checkpoint_;
  LabClient& server_;
  TransferContext& context_;
  TreeReport& report_;
  Pipeline<RequestedFile> pending_;      // requested
  std::vector<RequestedFile> existing_;  // not requested yet: the destination exists
  std::uint64_t left_ = 0;               // bytes of the current file not received yet
};

// Whether the error means that no further file can be written either.
bool is_of_disk(const SystemError& error);

}  // namespace netlab
