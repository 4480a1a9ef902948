// A thread for each client, as light as the kernel has it; all share the process, so that a handler
// must not keep anything in variables that others see.
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

// The threads that serve: how many, and waiting for them.
class ActiveThreads {
 public:
  explicit ActiveThreads(const Service& service) : admission_(service) {}

  void wait_for_place() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !admission_.full(); });
  }
  bool admit(const Address& client) {
    const std::lock_guard lock(mutex_);
    return admission_.admit(client);
  }
  void leave(const Address& client, bool well) {
    const std::lock_guard lock(mutex_);
    admission_.leave(client);
    all_well_ = all_well_ && well;
    changed_.notify_all();
  }
  // Returns whether all were served well.
  bool wait_for_all() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return admission_.clients() == 0; });
    return all_well_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Admission admission_;
  bool all_well_ = true;
};

}  // namespace

bool serve_with_threads(const Service& service) {
  BlockingPerformer performer;
  const auto network = service.transport.over(performer);
  const auto listener = service.listen(*network);
  service.listening(*listener);
  ActiveThreads crew(service);
  GracefulStop stop(service, *listener);

  const auto serve = [&](std::unique_ptr<Stream> client) {
    const Address peer = client->peer();
    bool well = false;
    {
      const GracefulStop::SessionGuard guest(stop, *client);
      well = serve_client(service, *client, *network);
    }
    client.reset();
    crew.leave(peer, well);
  };

  while (auto client = listener->accept()) {
    if (!crew.admit(client->peer())) {
      client->abort();
      continue;
    }
    start_deadline(service, *client, *network);
    const Address peer = client->peer();
    try {
      std::thread(serve, std::move(client)).detach();
    } catch (const std::system_error& error) {  // no thread to be had: this client is turned away
      service.failed(peer, std::string("start a thread: ") + error.what());
      crew.leave(peer, false);
    }
    if (service.once) break;
    crew.wait_for_place();
  }
  const bool well = crew.wait_for_all();
  return !service.once || well;
}

}  // namespace netlab
