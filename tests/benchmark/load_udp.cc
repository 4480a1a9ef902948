// Clients of a datagram echo server, many in one thread, each with WINDOW messages in flight.
//     load_udp PORT CLIENTS WINDOW SECONDS
// Prints {"per_s": echoes per second, "p50_us", "p99_us", "served": clients that received an echo,
// "lost": messages without an echo within 0.1 s}.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto timeout = std::chrono::milliseconds(100);

// A message: the client's slot and the turn of the slot, then padding. sockperf's server expects
// flags after the first eight bytes (sent by a client, reply wanted), and the length.
struct Datagram {
  std::uint32_t slot;
  std::uint32_t turn;
  std::array<char, 56> rest{0, 3, 0, 0, 0, 64};
};

struct Slot {
  std::uint32_t turn = 0;
  Clock::time_point sent;
};

struct Client {
  int fd = -1;
  bool served = false;
  std::vector<Slot> slots;
};

class Load {
 public:
  Load(int port, std::size_t clients, std::size_t window) : clients_(clients) {
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(static_cast<std::uint16_t>(port));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (std::uint32_t i = 0; i < clients; ++i) {
      Client& client = clients_[i];
      client.fd = socket(AF_INET, SOCK_DGRAM, 0);
      client.slots.resize(window);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = i;
      if (client.fd < 0 ||
          connect(client.fd, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0 ||
          epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event) != 0)
        std::exit(EXIT_FAILURE);
    }
  }

  void run(double seconds) {
    const auto started = Clock::now();
    const auto end = started + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(seconds));
    for (Client& client : clients_)
      for (std::uint32_t slot = 0; slot < client.slots.size(); ++slot) send(client, slot);
    auto next_check = started + timeout;
    while (Clock::now() < end) {
      epoll_event events[64];
      const int count = epoll_wait(epoll_, events, 64, 10);
      for (int i = 0; i < count; ++i) receive(clients_[events[i].data.u32]);
      if (Clock::now() < next_check) continue;
      resend_lost();
      next_check = Clock::now() + timeout;
    }
    report(std::chrono::duration<double>(Clock::now() - started).count());
  }

 private:
  static void send(Client& client, std::uint32_t slot) {
    const Datagram datagram{slot, ++client.slots[slot].turn};
    client.slots[slot].sent = Clock::now();
    ::send(client.fd, &datagram, sizeof datagram, MSG_DONTWAIT);
  }

  void receive(Client& client) {
    Datagram datagram;
    while (recv(client.fd, &datagram, sizeof datagram, MSG_DONTWAIT) == sizeof datagram) {
      const std::uint32_t slot = datagram.slot;
      if (slot >= client.slots.size() || datagram.turn != client.slots[slot].turn) continue;
      const std::chrono::duration<float, std::micro> wait = Clock::now() - client.slots[slot].sent;
      latencies_.push_back(wait.count());
      client.served = true;
      send(client, slot);
    }
  }

  void resend_lost() {
    const auto now = Clock::now();
    for (Client& client : clients_)
      for (std::uint32_t slot = 0; slot < client.slots.size(); ++slot)
        if (now - client.slots[slot].sent > timeout) {
          ++lost_;
          send(client, slot);
        }
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
    std::printf(
        "{\"per_s\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"served\": %td, \"lost\": %zu}\n",
        static_cast<double>(latencies_.size()) / seconds, percentile(0.5), percentile(0.99), served,
        lost_);
  }

  int epoll_ = epoll_create1(0);
  std::vector<Client> clients_;
  std::vector<float> latencies_;
  std::size_t lost_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return EXIT_FAILURE;
  Load(std::atoi(argv[1]), static_cast<std::size_t>(std::atol(argv[2])),
       static_cast<std::size_t>(std::atol(argv[3])))
      .run(std::atof(argv[4]));
}
