// A process for each client, as in the lab sheet: the parent accepts and closes the connected
// socket, the child closes the listening one, serves and exits. What a child breaks, it breaks
// alone.
#include <poll.h>
#include <signal.h>
#include <string.h>  // sigdescr_np
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "model/admission.h"
#include "model/models.h"
#include "socket/signals.h"
#include "socket/syscalls.h"
#include "transport/blocking_performer.h"

namespace netlab {
namespace {

// Whom a process serves.
struct Client {
  Address peer;
  std::function<void()> abort_notifier;
};

// The processes that serve. Signals of several children that end at once are one signal, so that
// each is an occasion to reap them all.
class Children {
 public:
  explicit Children(const Service& service)
      : ended_(signals_as_descriptor({SIGCHLD})), service_(service), admission_(service) {
    // Of children whose signal the parent before us chose to ignore we would never hear (wait(2)).
    signal(SIGCHLD, SIG_DFL);
  }

  bool full() const { return admission_.full(); }
  bool none() const { return clients_.empty(); }
  bool all_well() const { return all_well_; }
  bool admit(const Address& client) { return admission_.admit(client); }
  void add(pid_t child, Client client) { clients_.emplace(child, std::move(client)); }
  void turn_away(const Address& client, const std::string& why) {
    admission_.leave(client);
    all_well_ = false;
    service_.failed(client, why);
  }
  void kill_all() {
    were_killed_ = true;
    for (const auto& [child, client] : clients_) kill(child, SIGKILL);
  }

  // Waits until a client may be there (`listener`; -1: is not waited for), a child has ended or the
  // server is asked to stop. Returns true in the last case.
  bool wait(int listener, Instant until = never) {
    std::array<pollfd, 3> waited_for{pollfd{service_.stop, POLLIN, 0},
                                     pollfd{ended_.get(), POLLIN, 0}, pollfd{listener, POLLIN, 0}};
    call::poll(waited_for, until);
    if (waited_for[1].revents != 0) reap();
    client_waits_ = waited_for[2].revents != 0;
    const bool asked = waited_for[0].revents != 0 && take_stop(service_.stop);
    if (asked && !std::exchange(was_asked_, true)) service_.stopping();
    return asked;
  }
  bool client_waits() const { return client_waits_; }

 private:
  void reap() {
    while (take_stop(ended_.get())) continue;
    int status = 0;
    for (pid_t child = 0; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto client = clients_.find(child);
      if (client == clients_.end()) continue;  // not one of ours
      const auto& [peer, abort_notifier] = client->second;
      if (WIFSIGNALED(status)) {
        abort_notifier();
        service_.failed(peer, why_ended_by(WTERMSIG(status)));
      }
      all_well_ = all_well_ && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
      admission_.leave(peer);
      clients_.erase(client);
    }
  }

  std::string why_ended_by(int signal) const {
    if (were_killed_ && signal == SIGKILL) return session_aborted;
    return std::string("its process was ended by a signal: ") + sigdescr_np(signal);
  }

  Fd ended_;
  const Service& service_;
  Admission admission_;
  std::unordered_map<pid_t, Client> clients_;
  bool were_killed_ = false;  // by us
  bool client_waits_ = false;
  bool was_asked_ = false;
  bool all_well_ = true;
};

// The parent can't block in accept(2), for it must also hear of its children and of the stop; the
// child makes its calls and blocks.
class ForkPerformer : public BlockingPerformer {
 public:
  explicit ForkPerformer(Children& children) : children_(children) {}

  void become_child() { is_child_ = true; }
  int socket_flags() const override { return is_child_ ? 0 : SOCK_NONBLOCK; }

  void perform(Operation& operation) override {
    const bool is_accept = operation.kind == Operation::Kind::accept;
    // Transports of our own take their clients from a socket of datagrams.
    const bool is_readable = operation.kind == Operation::Kind::readable && !is_child_;
    if (!is_accept && !is_readable) {
      BlockingPerformer::perform(operation);
      return;
    }
    do {
      if (children_.wait(operation.socket->fd.get(), operation.deadline)) {
        operation.result = -ECANCELED;
        return;
      }
    } while (!children_.client_waits() && Clock::now() < operation.deadline);
    if (!children_.client_waits())
      operation.result = -ETIMEDOUT;
    else
      operation.result = is_accept ? attempt(operation, 0) : 1;
  }

 private:
  Children& children_;
  bool is_child_ = false;
};

// Ends the children that do not end by themselves within the grace.
void wait_for_all(Children& children, Duration grace) {
  const Instant until = add_saturating(Clock::now(), grace);
  while (!children.none() && Clock::now() < until)
    if (children.wait(-1, until)) break;
  children.kill_all();
  while (!children.none()) children.wait(-1);
}

}  // namespace

bool serve_with_fork(const Service& service) {
  Children children(service);
  ForkPerformer performer(children);
  const auto network = service.transport.over(performer);
  auto listener = service.listen(*network);
  service.listening(*listener);

  bool stopped = false;
  while (!stopped) {
    auto client = listener->accept();
    if (!client) break;
    const Address peer = client->peer();
    if (!children.admit(peer)) {
      client->abort();
      continue;
    }
    start_deadline(service, *client, *network);

    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);              // should the parent be killed
      if (getppid() != parent) _exit(EXIT_FAILURE);  // it has been, meanwhile
      performer.become_child();
      // It was made for the parent, that must not block.
      if (const Socket* const socket = client->socket()) call::set_blocking(socket->fd.get(), true);
      listener.reset();  // the child closes the listening socket
      const bool well = serve_client(service, *client, *network);
      client.reset();
      _exit(well ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (pid < 0) children.turn_away(peer, SystemError("fork").what());
    if (pid > 0) children.add(pid, {peer, client->abort_notifier()});
    client.reset();  // the parent closes the connected socket

    if (service.once) break;
    while (children.full() && !stopped) stopped = children.wait(-1);
  }
  listener.reset();
  // Of `once` the stop is still to be heard: its client has all the time it needs.
  if (service.once && !stopped)
    while (!children.none() && !stopped) stopped = children.wait(-1);
  wait_for_all(children, service.limits.grace);
  return !service.once || children.all_well();
}

}  // namespace netlab
