// Children are the processes of a forking server, one per client: it admits clients, waits for
// events, reaps processes that ended, and reports those that failed. Only the parent uses it,
// in a single thread. Processes that end at the same time may raise only one SIGCHLD, so it reaps
// all of them after each signal.
#pragma once

#include <sys/types.h>

#include <functional>
#include <unordered_map>

#include "model/admission.h"
#include "model/service.h"
#include "socket/fd.h"

namespace netlab {

class Children {
 public:
  // From now on SIGCHLD is read from a descriptor. The service must outlive it. Throws SystemError.
  explicit Children(const Service& service);

  bool full() const { return admission_.full(); }
  bool empty() const { return clients_.empty(); }
  bool all_succeeded() const { return all_succeeded_; }

  // Waits until `listener` is readable (-1: it is not awaited), a child has ended, the server is
  // requested to stop, or the deadline has passed, and reaps the children that have ended. Returns
  // whether the server is requested to stop.
  bool wait(int listener, Instant deadline = never);

  // Counts the client; false if its host has too many already.
  bool admit(const Address& client) { return admission_.admit(client); }
  // `child` serves the admitted client. If a signal kills it, `abort_notifier` tells the client.
  void add(pid_t child, const Address& client, std::function<void()> abort_notifier);
  // No process could be started for the admitted client.
  void reject(const Address& client, const std::string& why);

  // Waits for all children, and kills those that do not end within the grace, or when the server is
  // again requested to stop.
  void end_within(Duration grace);

 private:
  struct Client {
    Address peer;
    std::function<void()> abort_notifier;
  };

  void reap();
  std::string reason_of(int signal) const;

  Fd ended_;
  const Service& service_;
  Admission admission_;
  std::unordered_map<pid_t, Client> clients_;
  bool killed_ = false;  // by end_within()
  bool stop_requested_ = false;
  bool all_succeeded_ = true;
};

}  // namespace netlab
