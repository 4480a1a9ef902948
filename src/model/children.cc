#include "model/children.h"

#include <poll.h>
#include <signal.h>
#include <string.h>  // sigdescr_np
#include <sys/wait.h>

#include <array>
#include <utility>

#include "socket/signals.h"
#include "socket/syscalls.h"

namespace netlab {

Children::Children(const Service& service)
    : ended_(signals_as_descriptor({SIGCHLD})), service_(service), admission_(service) {
  // If our parent ignored SIGCHLD, we inherited that and would never be notified (wait(2)).
  signal(SIGCHLD, SIG_DFL);
}

bool Children::wait(int listener, Instant deadline) {
  std::array<pollfd, 3> fds{pollfd{service_.stop, POLLIN, 0}, pollfd{ended_.get(), POLLIN, 0},
                            pollfd{listener, POLLIN, 0}};
  call::poll(fds, deadline);
  if (fds[1].revents != 0) reap();
  const bool is_stop = fds[0].revents != 0 && take_stop(service_.stop);
  if (is_stop && !std::exchange(stop_requested_, true)) service_.stopping();
  return is_stop;
}

void Children::add(pid_t child, const Address& client, std::function<void()> abort_notifier) {
  clients_.emplace(child, Client{client, std::move(abort_notifier)});
}

void Children::reject(const Address& client, const std::string& why) {
  admission_.leave(client);
  all_succeeded_ = false;
  service_.failed(client, why);
}

void Children::end_within(Duration grace) {
  const Instant deadline = add_saturating(Clock::now(), grace);
  while (!empty() && Clock::now() < deadline)
    if (wait(-1, deadline)) break;
  killed_ = true;
  for (const auto& [child, client] : clients_) kill(child, SIGKILL);
  while (!empty()) wait(-1);
}

void Children::reap() {
  while (take_stop(ended_.get())) continue;
  int status = 0;
  for (pid_t child = 0; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto client = clients_.find(child);
    if (client == clients_.end()) continue;  // not one of ours
    const auto& [peer, abort_notifier] = client->second;
    if (WIFSIGNALED(status)) {
      abort_notifier();
      service_.failed(peer, reason_of(WTERMSIG(status)));
    }
    all_succeeded_ = all_succeeded_ && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
    admission_.leave(peer);
    clients_.erase(client);
  }
}

std::string Children::reason_of(int signal) const {
  if (killed_ && signal == SIGKILL) return session_aborted;
  return std::string("its process was killed by a signal: ") + sigdescr_np(signal);
}

}  // namespace netlab
