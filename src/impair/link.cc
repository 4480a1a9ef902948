#include "impair/link.h"

#include <algorithm>
#include <cassert>

namespace netlab {

double max_loss(double burst) {
  return burst == 0 ? 1 : burst / (burst + 1);
}

Link::Link(const LinkSettings& settings, std::uint64_t seed, std::uint64_t stream,
           Bottleneck* bottleneck)
    : settings_(settings),
      decisions_(seed, stream),
      own_bottleneck_(settings.rate, settings.queue),
      bottleneck_(bottleneck) {
  assert(settings.burst == 0 || settings.burst >= 1);
  assert(settings.loss <= max_loss(settings.burst) || settings.loss == 1);
}

bool Link::happens(Decisions::Kind kind, double probability) const {
  return probability > 0 && decisions_.share(kind, ordinal_) < probability;
}

bool Link::is_dropped() const {
  if (settings_.drop_every > 0 && ordinal_ % settings_.drop_every == 0) return true;
  return std::ranges::any_of(settings_.drop, [this](const OrdinalRange& range) {
    return range.first <= ordinal_ && ordinal_ <= range.last;
  });
}

// The Gilbert model: a burst of losses starts after a packet that passed, and continues after one
// that was lost, each with a fixed probability. They are chosen to give bursts of mean length
// `burst` and an overall loss of `loss`.
bool Link::is_lost() {
  const double loss = settings_.loss;
  double probability = loss;
  if (settings_.burst > 0 && loss < 1 && ordinal_ > 1)
    probability = in_burst_ ? 1 - 1 / settings_.burst : loss / (settings_.burst * (1 - loss));
  in_burst_ = happens(Decisions::Kind::loss, probability);
  return in_burst_;
}

// Jitter does not reorder: a packet leaves no earlier than the ones before it, except those that
// were held back.
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
  const bool lost = is_lost();  // for every packet, so that drops do not affect the bursts
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
  fate.reordered = happens(Decisions::Kind::reorder, settings_.reorder);
  fate.duplicated = happens(Decisions::Kind::duplicate, settings_.duplicate);
  if (size > 0 && happens(Decisions::Kind::corrupt, settings_.corrupt))
    fate.flipped_bit = decisions_.number(Decisions::Kind::bit, ordinal_) % (size * 8);
  fate.at = arrival(*sent, fate.reordered);
  return fate;
}

}  // namespace netlab
