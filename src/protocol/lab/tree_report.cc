#include "protocol/lab/tree_report.h"

#include <algorithm>

namespace netlab {

TreeReport::TreeReport(const TreeEvents& events, TreeCheckpoint& checkpoint,
                       TransferContext& context)
    : events_(events),
      checkpoint_(checkpoint),
      context_(context),
      earlier_files_(checkpoint.summary.files) {
  summary() = {.files = earlier_files_, .bytes = summary().bytes};
}

void TreeReport::advance(std::uint64_t bytes) {
  advance_file({.moved = bytes});
  context_.limiter.account(bytes);
}

void TreeReport::advance_file(const TransferProgress& file) {
  done_ += file.moved;
  summary().bytes += file.moved;
  const std::uint64_t rest = file.size - std::min(file.size, file.done);
  context_.progress({file.moved, done_, std::max(done_ + rest, expected_)});
}

TransferContext TreeReport::context_of(const std::string& path) {
  TransferContext context = context_;
  context.progress = [this, path](const TransferProgress& file) {
    if (file.moved == 0) {
      checkpoint_.began(path);
      expected_ -= std::min(expected_, file.done);  // transferred earlier
    }
    advance_file(file);
  };
  return context;
}

void TreeReport::transferred(const std::string& path, std::uint64_t bytes) {
  ++summary().files;
  checkpoint_.finished(path);
  events_.transferred(path, bytes);
}

void TreeReport::complete(const std::string& path) {
  ++summary().complete;
  checkpoint_.finished(path);
}

void TreeReport::fail(const std::exception& error) {
  ++summary().failed;
  events_.failed(error);
}

void TreeReport::fail_busy(const std::exception& error) {
  ++summary().busy;
  events_.failed(error);
}

TransferSummary TreeReport::total() const {
  TransferSummary total = checkpoint_.summary;
  // This attempt found the files of the earlier ones complete.
  total.complete -= std::min(total.complete, earlier_files_);
  return total;
}

}  // namespace netlab
