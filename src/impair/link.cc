#include "impair/link.h"

#include <algorithm>
#include <cassert>

namespace netlab {

double max_loss(double burst) {
  return burst == 0 ? 1 : burst / (burst + 1);
}

Link::Link(const LinkSettings& settings, std::uint64_t seed, std::uint64_t stream, Bottleneck* line)
    : settings_(settings),
      decisions_(seed, stream),
      own_bottleneck_(settings.rate, settings.queue),
      bottleneck_(line) {
  assert(settings.burst == 0 || settings.burst >= 1);
  assert(settings.loss <= max_loss(settings.burst) || settings.loss == 1);
}

bool Link::has(Decisions::Kind what, double share) const {
  return share > 0 && decisions_.share(what, ordinal_) < share;
}

bool Link::is_dropped() const {
  if (settings_.drop_every > 0 && ordinal_ % settings_.drop_every == 0) return true;
  return std::ranges::any_of(settings_.drop, [this](const OrdinalRange& range) {
    return range.first <= ordinal_ && ordinal_ <= range.last;
  });
}

// Gilbert's model: a run of losses begins behind a packet that came through, and goes on behind one
// that was lost, each with a fixed chance, so that runs have the mean length `burst` and all of
// them together the share `loss`.
bool Link::is_lost() {
  double share = settings_.loss;
  if (settings_.burst > 0 && share < 1 && ordinal_ > 1)
    share = in_burst_ ? 1 - 1 / settings_.burst : share / (settings_.burst * (1 - share));
  in_burst_ = has(Decisions::Kind::loss, share);
  return in_burst_;
}

// Jitter keeps the order: a packet waits for those before it, but for those that were held back.
Instant Link::arrival(Instant sent, bool reordered) {
  Duration delay = settings_.delay;
  if (settings_.jitter > Duration::zero()) {
    const double part = 2 * decisions_.share(Decisions::Kind::jitter, ordinal_) - 1;
    delay += std::chrono::duration_cast<Duration>(part *
                                                  std::chrono::duration<double>(settings_.jitter));
  }
  const Instant at =
      std::max(add_saturating(sent, std::max(delay, Duration::zero())), last_arrival_);
  if (reordered) return add_saturating(at, settings_.reorder_by);
  last_arrival_ = at;
  return at;
}

Fate Link::pass(Instant now, std::size_t size) {
  Fate fate{.ordinal = ++ordinal_};
  const bool lost = is_lost();  // of every packet, or the runs would depend on what else happens
  if (is_dropped()) {
    fate.outcome = Fate::Outcome::dropped;
    return fate;
  }
  if (lost) {
    fate.outcome = Fate::Outcome::lost;
    return fate;
  }
  const auto sent = (bottleneck_ ? *bottleneck_ : own_bottleneck_).pass(now, size);
  if (!sent) {
    fate.outcome = Fate::Outcome::overflow;
    return fate;
  }
  fate.reordered = has(Decisions::Kind::reorder, settings_.reorder);
  fate.duplicated = has(Decisions::Kind::duplicate, settings_.duplicate);
  if (size > 0 && has(Decisions::Kind::corrupt, settings_.corrupt))
    fate.flipped_bit = decisions_.number(Decisions::Kind::bit, ordinal_) % (size * 8);
  fate.at = arrival(*sent, fate.reordered);
  return fate;
}

}  // namespace netlab
