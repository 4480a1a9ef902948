#include "protocol/transfer/resume_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/escape.h"
#include "protocol/transfer/compare_blocks.h"

namespace netlab {
namespace {

// How much of the end of a partial is fetched again and compared where there are no hashes.
constexpr std::uint64_t overlap_size = 64 * 1024;
// What may be the user's own is not replaced, whatever he asks for.
constexpr const char* unknown_hint = "; move it away to fetch the file anew";

const char* hint(const ProofOrder& order) {
  return order.partial.is_ours() && !order.partial.is_known() ? unknown_hint : restart_hint;
}

bool has_changed(const ProofOrder& order) {
  return !order.partial.tag().empty() && order.partial.tag() != order.remote.tag;
}

[[noreturn]] void throw_changed(const ProofOrder& order) {
  throw ProtocolError(fmt::format("{} has changed since {} was begun{}", escaped(order.remote.name),
                                  order.partial.path(), restart_hint));
}

[[noreturn]] void throw_too_long(const ProofOrder& order) {
  throw ProtocolError(fmt::format("{} has {} bytes, more than {} with {}{}", order.partial.path(),
                                  order.partial.size(), escaped(order.remote.name),
                                  *order.remote.size, hint(order)));
}

[[noreturn]] void throw_foreign(const ProofOrder& order, std::uint64_t same) {
  throw ProtocolError(fmt::format(
      "{} is not the beginning of the remote file: it differs {}{}", order.partial.path(),
      same == 0 ? "from its start" : fmt::format("behind byte {}", same), hint(order)));
}

}  // namespace

std::optional<Proof> prove_by_hashes(const ProofOrder& order, RemoteFile& file, Network& network) {
  if (!order.remote.size) return std::nullopt;
  const Partial& partial = order.partial;
  const std::uint64_t both = std::min(partial.size(), *order.remote.size);
  const auto same = same_bytes({partial.file(), partial.path()}, both, file, order.remote.tag,
                               order.silence, network);
  if (!same) return std::nullopt;
  Proof proof{*same, both};
  if (*same == partial.size()) {
    if (has_changed(order))
      proof.notice = fmt::format("{} has changed, but its first {} bytes are as they were",
                                 escaped(order.remote.name), *same);
    return proof;
  }
  if (has_changed(order)) throw_changed(order);
  if (!partial.is_ours() && !order.is_asked_for) throw_foreign(order, *same);
  // Under the final name it is the user's file: nothing of it is cut off unasked.
  if (!partial.is_ours() && *same == both) throw_too_long(order);
  const bool is_known = partial.is_ours() && !partial.tag().empty();
  if (*same == 0 && !is_known) throw_foreign(order, *same);
  proof.notice = fmt::format("the last {} bytes of {} are not the remote file's: they are {}",
                             partial.size() - *same, partial.path(),
                             *same == order.remote.size ? "cut off" : "fetched again");
  return proof;
}

std::uint64_t overlap_begin(const ProofOrder& order) {
  const std::uint64_t size = order.partial.size();
  if (has_changed(order)) throw_changed(order);
  if (order.remote.size && size > *order.remote.size) throw_too_long(order);
  // Of a .part without a tag, where there are tags, nobody knows what it is a part of.
  const bool is_known = !order.partial.tag().empty() || order.remote.tag.empty();
  const bool is_expected = order.is_asked_for || (order.partial.is_ours() && is_known);
  return is_expected ? size - std::min(overlap_size, size) : 0;
}

void compare_overlap(const ProofOrder& order, std::uint64_t from, RemoteFile& file,
                     Network& network) {
  const Partial& partial = order.partial;
  std::vector<std::byte> theirs(overlap_size);
  std::vector<std::byte> ours(overlap_size);
  for (std::uint64_t at = from; at < partial.size();) {
    file.set_deadline(later(network.now(), order.silence));
    const std::size_t got = file.receive(
        std::span(theirs).first(std::min<std::uint64_t>(overlap_size, partial.size() - at)));
    if (got == 0)
      throw ProtocolError(fmt::format("the remote file ends before {}, which has {} bytes{}",
                                      partial.path(), partial.size(), hint(order)));
    partial.read(at, std::span(ours).first(got));
    if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(got), theirs.begin()))
      throw ProtocolError(
          fmt::format("{} is not the beginning of the remote file: its last {} bytes differ{}",
                      partial.path(), partial.size() - from, hint(order)));
    at += got;
  }
}

}  // namespace netlab
