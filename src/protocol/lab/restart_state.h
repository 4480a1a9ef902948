// RestartState remembers, across the retries of one run, which files of a tree were started and
// finished. When `restart` is set, data from earlier runs is ignored, but a retry still resumes the
// files that an earlier attempt of the same run started and skips those that it finished.
#pragma once

#include <string>
#include <unordered_set>

namespace netlab {

class RestartState {
 public:
  bool restart = false;  // ignore data from earlier runs

  // Whether the existing part of this file must be ignored.
  bool restarts(const std::string& name) const { return restart && !begun_.contains(name); }
  // Whether a file of the same size and modification time may be skipped as complete.
  bool may_be_complete(const std::string& name) const {
    return !restart || finished_.contains(name);
  }

  void began(const std::string& name) {
    if (restart) begun_.insert(name);
  }
  void finished(const std::string& name) {
    if (restart) finished_.insert(name);
  }

 private:
  std::unordered_set<std::string> begun_;
  std::unordered_set<std::string> finished_;
};

}  // namespace netlab
