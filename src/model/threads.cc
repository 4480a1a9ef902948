// Serves each client in a thread of its own. All threads share the process, so a handler must not
// keep state in variables that other threads can see.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "model/admission.h"
#include "model/graceful_stop.h"
#include "model/models.h"
#include "trace/log.h"
#include "transport/blocking_performer.h"

namespace netlab {
namespace {

// Counts the threads that serve clients, and waits for them.
class ActiveThreads {
 public:
  explicit ActiveThreads(const Service& service) : admission_(service) {}

  void wait_for_slot() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !admission_.full(); });
  }
  bool admit(const Address& client) {
    const std::lock_guard lock(mutex_);
    return admission_.admit(client);
  }
  void leave(const Address& client, bool succeeded) {
    const std::lock_guard lock(mutex_);
    admission_.leave(client);
    all_succeeded_ = all_succeeded_ && succeeded;
    changed_.notify_all();
  }
  // Returns whether all sessions succeeded.
  bool wait_for_all() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return admission_.clients() == 0; });
    return all_succeeded_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Admission admission_;
  bool all_succeeded_ = true;
};

}  // namespace

bool serve_with_threads(const Service& service) {
  BlockingPerformer performer;
  const auto network = service.transport.over(performer);
  const auto listener = service.listen(*network);
  service.listening(*listener);
  ActiveThreads threads(service);
  GracefulStop stop(service, *listener);

  const auto serve = [&](std::unique_ptr<Stream> client) {
    const Address peer = client->peer();
    bool succeeded = false;
    {
      const GracefulStop::SessionGuard guard(stop, *client);
      succeeded = serve_client(service, *client, *network);
    }
    client.reset();
    threads.leave(peer, succeeded);
  };

  while (auto client = listener->accept()) {
    if (!threads.admit(client->peer())) {
      client->abort();
      continue;
    }
    start_deadline(service, *client, *network);
    const Address peer = client->peer();
    try {
      std::thread(serve, std::move(client)).detach();
    } catch (const std::system_error& error) {  // no thread available: reject this client
      service.failed(peer, std::string("cannot start a thread: ") + error.what());
      threads.leave(peer, false);
    }
    if (service.once) break;
    threads.wait_for_slot();
  }
  const bool succeeded = threads.wait_for_all();
  return !service.once || succeeded;
}

}  // namespace netlab
