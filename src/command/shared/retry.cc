#include "command/shared/retry.h"

#include "base/error.h"

namespace netlab {

bool is_transient(const std::exception& error) {
  if (dynamic_cast<const TemporaryError*>(&error)) return true;
  const auto* const failed = dynamic_cast<const SystemError*>(&error);
  return failed && is_of_network(*failed) && failed->error() != ECANCELED;
}

void retry(RetryPolicy policy, const std::function<void(Attempt&)>& run, const SleepAfter& sleep) {
  for (std::uint64_t left = policy.retries;; --left) {
    Attempt attempt{.is_last = left == 0};
    try {
      run(attempt);
      return;
    } catch (const std::exception& error) {
      if (attempt.made_progress) {
        left = policy.retries;
        policy.backoff.reset();
      }
      if (left == 0 || !attempt.is_repeatable || !is_transient(error)) throw;
      sleep(error, policy.backoff.next());
    }
  }
}

}  // namespace netlab
