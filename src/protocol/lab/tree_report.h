// TreeReport counts the files and bytes of one attempt to transfer many files, and reports them.
#pragma once

#include <exception>
#include <functional>
#include <string>

#include "protocol/lab/transfer_summary.h"
#include "protocol/lab/tree_checkpoint.h"
#include "protocol/transfer/transfer_context.h"

namespace netlab {

struct TreeEvents {
  // Called for each file transferred, with its local path and the bytes of this attempt.
  std::function<void(const std::string& path, std::uint64_t bytes)> transferred =
      [](const std::string&, std::uint64_t) {};
  // Called for each file or directory that failed; the others are still transferred.
  std::function<void(const std::exception& error)> failed = [](const std::exception&) {};
};

class TreeReport {
 public:
  TreeReport(const TreeEvents& events, TreeCheckpoint& checkpoint, TransferContext& context);

  // This many more bytes will be transferred.
  void expect(std::uint64_t bytes) { expected_ += bytes; }
  // This many more bytes have been transferred.
  void advance(std::uint64_t bytes);
  // Returns the context of a transfer of this file alone, whose progress advances the report.
  TransferContext context_of(const std::string& path);

  void transferred(const std::string& path, std::uint64_t bytes);
  void complete(const std::string& path);
  void skip() { ++summary().skipped; }
  void fail(const std::exception& error);
  // Another transfer is writing to the file.
  void fail_busy(const std::exception& error);

  // The summary of all attempts.
  TransferSummary total() const;

 private:
  TransferSummary& summary() { return checkpoint_.summary; }
  void advance_file(const TransferProgress& file);

  const TreeEvents& events_;
  TreeCheckpoint& checkpoint_;
  TransferContext& context_;
  std::uint64_t earlier_files_;  // transferred by earlier attempts
  std::uint64_t done_ = 0;       // bytes transferred of all files
  std::uint64_t expected_ = 0;   // bytes of all files known so far
};

}  // namespace netlab
