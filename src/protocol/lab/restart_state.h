// RestartState is what is known of many files from one attempt to transfer them to the next. With
// --restart nothing of an earlier time is used; but what an earlier attempt of the same run has
// begun is gone on with, and what it has finished is there.
#pragma once

#include <string>
#include <unordered_set>

namespace netlab {

class RestartState {
 public:
  bool restart = false;

  // Whether what is there of a file is not to be used.
  bool restarts(const std::string& name) const { return restart && !begun_.contains(name); }
  // Whether one that looks the same may be taken for complete.
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
