// TreeCheckpoint remembers, across the attempts of one run, what a transfer of many files has done.
// When `restart` is set, data from earlier runs is ignored, but a retry still resumes the files
// that an earlier attempt of the same run started and skips those that it finished.
#pragma once

#include <string>
#include <unordered_set>

#include "protocol/lab/transfer_summary.h"

namespace netlab {

class TreeCheckpoint {
 public:
  explicit TreeCheckpoint(bool restart) : restart_(restart) {}

  // Whether the existing part of this file must be ignored.
  bool restarts(const std::string& path) const { return restart_ && !begun_.contains(path); }
  // Whether a file of the same size and modification time may be skipped as complete.
  bool may_be_complete(const std::string& path) const {
    return !restart_ || finished_.contains(path);
  }
  bool replaces_files() const { return restart_; }

  void began(const std::string& path) {
    if (restart_) begun_.insert(path);
  }
  void finished(const std::string& path) {
    if (restart_) finished_.insert(path);
  }

  TransferSummary summary{};

 private:
  bool restart_;
  std::unordered_set<std::string> begun_;  // local paths
  std::unordered_set<std::string> finished_;
};

}  // namespace netlab
