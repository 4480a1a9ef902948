#include "impair/link.h"

#include <algorithm>
#include <cassert>

namespace netlab {

double most_loss(double burst) {
  return burst == 0 ? 1 : burst / (burst + 1);
}

Link::Link(const LinkSettings& settings, std::uint64_t seed, std::uint64_t stream, Line* line)
    : settings_(settings),
      chance_(seed, stream),
      own_line_(settings.rate, settings.queue),
      line_(line) {
  assert(settings.burst == 0 || settings.burst >= 1);
  assert(settings.loss <= most_loss(settings.burst) || settings.loss == 1);
}

bool Link::has(Chance::Of what, double share) const {
  return share > 0 && chance_.share(what, ordinal_) < share;
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
  in_burst_ = has(Chance::Of::loss, share);
  return in_burst_;
}

// Jitter keeps the order: a packet waits for those before it, but for those that were held back.
Instant Link::arrival(Instant sent, bool reordered) {
  Duration delay = settings_.delay;
  if (settings_.jitter > Duration::zero()) {
    const double part = 2 * chance_.share(Chance::Of::jitter, ordinal_) - 1;
    delay += std::chrono::duration_cast<Duration>(part *
                                                  std::chrono::duration<double>(settings_.jitter));
  }
  const Instant at = std::max(later(sent, std::max(delay, Duration::zero())), last_arrival_);
  if (reordered) return later(at, settings_.reorder_by);
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
  const auto sent = (line_ ? *line_ : own_line_).pass(now, size);
  if (!sent) {
    fate.outcome = Fate::Outcome::overflow;
    return fate;
  }
  fate.reordered = has(Chance::Of::reorder, settings_.reorder);
  fate.duplicated = has(Chance::Of::duplicate, settings_.duplicate);
  if (size > 0 && has(Chance::Of::corrupt, settings_.corrupt))
    fate.flipped_bit = chance_.number(Chance::Of::bit, ordinal_) % (size * 8);
  fate.at = arrival(*sent, fate.reordered);
  return fate;
}

}  // namespace netlab
