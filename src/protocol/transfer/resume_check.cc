#include "protocol/transfer/resume_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/escape.h"
#include "protocol/transfer/compare_blocks.h"
#include "protocol/transfer/remediable_error.h"

namespace netlab {
namespace {

using Origin = PartialFile::Origin;

// Without hashes, this many bytes at the end of a partial file are fetched again and compared.
constexpr std::uint64_t overlap_size = 64 * 1024;

// Not even a restart replaces a .part file that the user may have made.
[[noreturn]] void reject(const ResumeRequest& request, const std::string& why) {
  if (request.partial.origin() == Origin::foreign)
    throw ProtocolError(why + "; move it away to fetch the whole file");
  throw RemediableError(why, Remedy::restart);
}

bool has_changed(const ResumeRequest& request) {
  return !request.partial.tag().empty() && request.partial.tag() != request.remote.tag;
}

[[noreturn]] void throw_changed(const ResumeRequest& request) {
  throw RemediableError(fmt::format("{} has changed since {} was started",
                                    escaped(request.remote.name), request.partial.path()),
                        Remedy::restart);
}

[[noreturn]] void throw_too_long(const ResumeRequest& request) {
  reject(request,
         fmt::format("{} has {} bytes, but {} has only {}", request.partial.path(),
                     request.partial.size(), escaped(request.remote.name), *request.remote.size));
}

[[noreturn]] void throw_foreign(const ResumeRequest& request, std::uint64_t same) {
  reject(request, fmt::format("{} is not the beginning of the remote file: it differs {}",
                              request.partial.path(),
                              same == 0 ? "from the start" : fmt::format("after byte {}", same)));
}

}  // namespace

std::optional<ResumePoint> find_resume_offset(const ResumeRequest& request, RemoteFile& file,
                                              const TransferContext& context) {
  if (!request.remote.size) return std::nullopt;
  const PartialFile& partial = request.partial;
  const std::uint64_t both = std::min(partial.size(), *request.remote.size);
  const auto same =
      matching_prefix({partial.file(), partial.path()}, both, file, request.remote.tag, context);
  if (!same) return std::nullopt;
  ResumePoint resume_point{*same, both};
  if (*same == partial.size()) {
    if (has_changed(request))
      resume_point.notice = fmt::format("{} has changed, but its first {} bytes have not",
                                        escaped(request.remote.name), *same);
    return resume_point;
  }
  if (has_changed(request)) throw_changed(request);
  const bool has_final_name = partial.origin() == Origin::final_name;
  if (has_final_name && !request.is_asked_for) throw_foreign(request, *same);
  // Under the final name it is the user's file, which is never truncated.
  if (has_final_name && *same == both) throw_too_long(request);
  const bool is_known = !has_final_name && !partial.tag().empty();
  if (*same == 0 && !is_known) throw_foreign(request, *same);
  const std::uint64_t wrong = partial.size() - *same;
  resume_point.notice =
      *same == request.remote.size
          ? fmt::format("truncating {}: its last {} bytes are not in the remote file",
                        partial.path(), wrong)
          : fmt::format("fetching the last {} bytes of {} again: they differ from the remote file",
                        wrong, partial.path());
  return resume_point;
}

std::uint64_t overlap_begin(const ResumeRequest& request) {
  const std::uint64_t size = request.partial.size();
  if (has_changed(request)) throw_changed(request);
  if (request.remote.size && size > *request.remote.size) throw_too_long(request);
  // A .part file without a tag may be of any version, unless the wire has no tags.
  const bool is_known = !request.partial.tag().empty() || request.remote.tag.empty();
  const bool is_part = request.partial.origin() != Origin::final_name;
  const bool is_expected = request.is_asked_for || (is_part && is_known);
  return is_expected ? size - std::min(overlap_size, size) : 0;
}

void compare_overlap(const ResumeRequest& request, std::uint64_t from, RemoteFile& file,
                     const TransferContext& context) {
  const PartialFile& partial = request.partial;
  std::vector<std::byte> theirs(overlap_size);
  std::vector<std::byte> ours(overlap_size);
  for (std::uint64_t at = from; at < partial.size();) {
    file.set_deadline(context.deadline());
    const std::size_t got = file.receive(
        std::span(theirs).first(std::min<std::uint64_t>(overlap_size, partial.size() - at)));
    if (got == 0)
      reject(request, fmt::format("the remote file is shorter than {}, which has {} bytes",
                                  partial.path(), partial.size()));
    partial.read(at, std::span(ours).first(got));
    if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(got), theirs.begin()))
      reject(request,
             fmt::format("{} is not the beginning of the remote file: its last {} bytes differ",
                         partial.path(), partial.size() - from));
    at += got;
  }
}

}  // namespace netlab
