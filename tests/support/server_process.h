// ServerProcess runs a server with one of the serving models in a separate process, because some
// models must fork before any thread exists. The server reports its port and failed sessions
// through a pipe. The destructor kills it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "model/models.h"
#include "socket/signals.h"
#include "socket/syscalls.h"
#include "trace/log.h"

namespace netlab {

class ServerProcess {
 public:
  struct Order {
    const Model& model;
    const Transport& transport;
    Handler handle;
    bool server_speaks_first = false;
    Limits limits{};
    bool once = false;
    std::optional<rlim_t> max_descriptors{};
    std::function<void()> enter_sandbox = [] {};  // called once it listens
  };

  explicit ServerProcess(const Order& order) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw SystemError("pipe");
    report_ = Fd(ends[0]);
    reporter_ = Fd(ends[1]);
    process_ = fork();
    if (process_ < 0) throw SystemError("fork");
    if (process_ == 0) _exit(serve(order));
    reporter_.reset();
    const std::string first = next_line();
    if (first.starts_with("port "))
      address_ = Address::loopback(static_cast<std::uint16_t>(std::stoi(first.substr(5))));
    else
      trouble_ = first;
  }
  ~ServerProcess() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Why the server could not listen; empty if it listens.
  const std::string& trouble() const { return trouble_; }
  const Address& address() const { return address_; }
  void stop() { stop_now(stop_); }
  // Waits for the next report of a failed session: "CLIENT REASON". Returns an empty text if the
  // server has ended or does not report anything within `patience`.
  std::string next_line() {
    for (;;) {
      const std::size_t end = lines_.find('\n');
      if (end != std::string::npos) {
        const std::string line = lines_.substr(0, end);
        lines_.erase(0, end + 1);
        return line;
      }
      if (!wait_for_lines()) return {};
    }
  }
  // Waits until the server ends, and returns its exit status; -1 if it was killed. Kills it if it
  // neither ends nor reports anything within `patience`.
  int wait() {
    while (wait_for_lines()) continue;
    pollfd ended{report_.get(), POLLIN, 0};
    if (call::poll({&ended, 1}, Clock::now()) == 0) kill(process_, SIGKILL);
    int status = -1;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  pid_t id() const { return process_; }

 private:
  static constexpr auto patience = std::chrono::seconds(20);

  // Returns false if the server has ended, or does not report anything within `patience`.
  bool wait_for_lines() {
    pollfd more{report_.get(), POLLIN, 0};
    if (call::poll({&more, 1}, add_saturating(Clock::now(), patience)) == 0) return false;
    std::byte bytes[4096];
    const ssize_t got = call::read(report_.get(), bytes);
    if (got <= 0) return false;
    lines_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(got));
    return true;
  }

  void report(const std::string& line) const {
    call::write(reporter_.get(), bytes_of(line + "\n"));
  }

  int serve(const Order& order) const {
    log::start(log::Level::quiet);
    if (order.max_descriptors) {
      const rlimit limit{*order.max_descriptors, *order.max_descriptors};
      setrlimit(RLIMIT_NOFILE, &limit);
    }
    const Service service{
        .transport = order.transport,
        .listen = [](Network& network) { return network.listen(Address::loopback(0)); },
        .handle = order.handle,
        .limits = order.limits,
        .once = order.once,
        .server_speaks_first = order.server_speaks_first,
        .stop = stop_.get(),
        .listening =
            [this, &order](const Listener& listener) {
              order.enter_sandbox();
              report("port " + std::to_string(listener.local().port()));
            },
        .failed = [this](const Address& client,
                         const std::string& reason) { report(client.text() + " " + reason); },
    };
    try {
      return order.model.serve(service) ? 0 : 1;
    } catch (const std::exception& error) {
      report(error.what());
      return 2;
    }
  }

  Fd stop_ = stop_descriptor();
  Fd report_;
  Fd reporter_;
  pid_t process_ = -1;
  std::string lines_;
  std::string trouble_;
  Address address_;
};

}  // namespace netlab
