// Clients of an echo of datagrams, many in one thread, each with so many messages on their way.
//     load_udp PORT CLIENTS WINDOW SECONDS
// Prints {"per_s": answers a second, "p50_us", "p99_us", "served": clients that got an answer,
// "lost": messages that were not answered within a tenth of a second}.
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

constexpr auto patience = std::chrono::milliseconds(100);

// What is sent: which of the client's places it is, and which of its turns. The rest is filling,
// but for what sockperf's server wants behind the first eight bytes: that it is a client's and to
// be answered, and how long it is.
struct Datagram {
  std::uint32_t place;
  std::uint32_t turn;
  std::array<char, 56> rest{0, 3, 0, 0, 0, 64};
};

struct FileName {
  std::uint32_t turn = 0;
  Clock::time_point sent;
};

struct Client {
  int fd = -1;
  bool served = false;
  std::vector<FileName> places;
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
      client.places.resize(window);
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
      for (std::uint32_t place = 0; place < client.places.size(); ++place) send(client, place);
    auto next_look = started + patience;
    while (Clock::now() < end) {
      epoll_event events[64];
      const int count = epoll_wait(epoll_, events, 64, 10);
      for (int i = 0; i < count; ++i) receive(clients_[events[i].data.u32]);
      if (Clock::now() < next_look) continue;
      give_up_lost();
      next_look = Clock::now() + patience;
    }
    report(std::chrono::duration<double>(Clock::now() - started).count());
  }

 private:
  static void send(Client& client, std::uint32_t place) {
    const Datagram datagram{place, ++client.places[place].turn};
    client.places[place].sent = Clock::now();
    ::send(client.fd, &datagram, sizeof datagram, MSG_DONTWAIT);
  }

  void receive(Client& client) {
    Datagram datagram;
    while (recv(client.fd, &datagram, sizeof datagram, MSG_DONTWAIT) == sizeof datagram) {
      const std::uint32_t place = datagram.place;
      if (place >= client.places.size() || datagram.turn != client.places[place].turn) continue;
      const std::chrono::duration<float, std::micro> wait =
          Clock::now() - client.places[place].sent;
      waits_.push_back(wait.count());
      client.served = true;
      send(client, place);
    }
  }

  void give_up_lost() {
    const auto now = Clock::now();
    for (Client& client : clients_)
      for (std::uint32_t place = 0; place < client.places.size(); ++place)
        if (now - client.places[place].sent > patience) {
          ++lost_;
          send(client, place);
        }
  }

  void report(double seconds) {
    std::sort(waits_.begin(), waits_.end());
    const auto percentile = [&](double share) {
      if (waits_.empty()) return 0.0F;
      return waits_[static_cast<std::size_t>(share * static_cast<double>(waits_.size() - 1))];
    };
    const auto served = std::count_if(clients_.begin(), clients_.end(),
                                      [](const Client& client) { return client.served; });
    std::printf(
        "{\"per_s\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"served\": %td, \"lost\": %zu}\n",
        static_cast<double>(waits_.size()) / seconds, percentile(0.5), percentile(0.99), served,
        lost_);
  }

  int epoll_ = epoll_create1(0);
  std::vector<Client> clients_;
  std::vector<float> waits_;
  std::size_t lost_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return EXIT_FAILURE;
  Load(std::atoi(argv[1]), static_cast<std::size_t>(std::atol(argv[2])),
       static_cast<std::size_t>(std::atol(argv[3])))
      .run(std::atof(argv[4]));
}
