// Clients of an echo server, many in one thread, each with one message in flight.
//     load PORT keep CLIENTS SECONDS     exchanges messages over persistent connections
//     load PORT once CLIENTS SECONDS     makes a connection for each exchange
//     load PORT silent CLIENTS           connects, prints a line, sends nothing until its standard
//                                        input ends
//     load PORT idle CLIENTS REQUEST     the same, but each client sends the request once, and
//                                        the line is printed when each has received a reply
// The first two print {"per_s": exchanges per second, "p50_us", "p99_us", "served": clients that
// received an echo}.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t message_size = 64;

struct Client {
  int fd = -1;
  bool connected = false;
  std::size_t missing = 0;  // bytes of the echo still to be received
  bool served = false;
  Clock::time_point sent_at;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

class Load {
 public:
  explicit Load(int port) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(static_cast<std::uint16_t>(port));
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }

  // A server with a full backlog delays some connections for seconds: these complete later.
  void connect_all(std::size_t clients) {
    clients_.resize(clients);
    for (std::uint32_t i = 0; i < clients; ++i) dial(i, SOCK_NONBLOCK);
    const Clock::time_point end = Clock::now() + std::chrono::seconds(2);
    epoll_event events[256];
    for (std::size_t left = clients; left > 0 && Clock::now() < end;) {
      const int count = epoll_wait(epoll_, events, 256, 100);
      for (int i = 0; i < count; ++i, --left) connected(events[i].data.u32);
    }
  }

  void exchange_once(const std::string& request) {
    for (const Client& client : clients_)
      if (send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) fail("send");
    epoll_event events[256];
    for (std::size_t left = clients_.size(); left > 0;) {
      const int count = epoll_wait(epoll_, events, 256, 10'000);
      if (count <= 0) fail("epoll_wait");
      for (int i = 0; i < count; ++i) {
        char reply[4096];
        Client& client = clients_[events[i].data.u32];
        if (recv(client.fd, reply, sizeof reply, 0) <= 0) fail("recv");
        if (!std::exchange(client.served, true)) --left;
      }
    }
  }

  void run(bool keep, double seconds) {
    for (Client& client : clients_)
      if (client.connected) send_message(client);
    const Clock::time_point started = Clock::now();
    const Clock::time_point end = started + std::chrono::duration_cast<Clock::duration>(
                                                std::chrono::duration<double>(seconds));
    epoll_event events[256];
    while (Clock::now() < end) {
      const int count = epoll_wait(epoll_, events, 256, 100);
      for (int i = 0; i < count; ++i) {
        const std::uint32_t index = events[i].data.u32;
        Client& client = clients_[index];
        if (!client.connected) {
          connected(index);
          send_message(client);
          continue;
        }
        if (!receive_echo(client)) continue;
        if (!keep) {
          close(client.fd);
          dial(index, 0);
        }
        send_message(client);
      }
    }
    report(std::chrono::duration<double>(Clock::now() - started).count());
  }

 private:
  void dial(std::uint32_t index, int flags) {
    Client& client = clients_[index];
    client.fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    if (client.fd < 0) fail("socket");
    const int on = 1;
    setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* const address = reinterpret_cast<const sockaddr*>(&address_);
    const int result = connect(client.fd, address, sizeof address_);
    if (result != 0 && errno != EINPROGRESS) fail("connect");
    client.connected = flags == 0;
    watch(EPOLL_CTL_ADD, index, client.connected ? EPOLLIN : EPOLLOUT);
  }

  void connected(std::uint32_t index) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(clients_[index].fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if ((errno = error) != 0) fail("connect");
    clients_[index].connected = true;
    watch(EPOLL_CTL_MOD, index, EPOLLIN);
  }

  void watch(int action, std::uint32_t index, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.u32 = index;
    if (epoll_ctl(epoll_, action, clients_[index].fd, &event) != 0) fail("epoll_ctl");
  }

  void send_message(Client& client) {
    static const char message[message_size] = {};
    client.sent_at = Clock::now();
    client.missing = message_size;
    if (send(client.fd, message, message_size, MSG_NOSIGNAL) != message_size) fail("send");
  }

  // Returns whether the whole echo has arrived.
  bool receive_echo(Client& client) {
    char echo[message_size];
    const ssize_t got = recv(client.fd, echo, client.missing, 0);
    if (got <= 0) fail("recv");
    client.missing -= static_cast<std::size_t>(got);
    if (client.missing != 0) return false;
    client.served = true;
    latencies_.push_back(
        std::chrono::duration<float, std::micro>(Clock::now() - client.sent_at).count());
    return true;
  }

  void report(double seconds) {
    std::sort(latencies_.begin(), latencies_.end());
    const auto percentile = [&](double share) {
      if (latencies_.empty()) return 0.0F;
      return latencies_[static_cast<std::size_t>(share *
                                                 static_cast<double>(latencies_.size() - 1))];
    };
    const auto served = std::count_if(clients_.begin(), clients_.end(),
                                      [](const Client& client) { return client.served; });
    std::printf("{\"per_s\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"served\": %td}\n",
                static_cast<double>(latencies_.size()) / seconds, percentile(0.5), percentile(0.99),
                served);
  }

  sockaddr_in address_{};
  int epoll_ = epoll_create1(0);
  std::vector<Client> clients_;
  std::vector<float> latencies_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return EXIT_FAILURE;
  const std::string mode = argv[2];
  Load load(std::atoi(argv[1]));
  load.connect_all(static_cast<std::size_t>(std::atol(argv[3])));
  if (mode == "silent" || mode == "idle") {
    if (mode == "idle") load.exchange_once(argv[4]);
    std::puts("connected");
    std::fflush(stdout);
    while (std::getchar() != EOF) continue;
  } else {
    load.run(mode == "keep", std::atof(argv[4]));
  }
}
