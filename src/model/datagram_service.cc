#include "model/datagram_service.h"

#include <poll.h>

#include <array>
#include <future>
#include <memory>
#include <vector>

#include "base/error.h"
#include "socket/signals.h"
#include "socket/syscalls.h"
#include "transport/blocking_performer.h"
#include "transport/udp.h"

namespace netlab {
namespace {

// Blocks, but a wait for messages also ends with ECANCELED on a stop.
class StoppablePerformer : public BlockingPerformer {
 public:
  StoppablePerformer(int stop, int done) : stop_(stop), done_(done) {}

  void perform(Operation& operation) override {
    if (operation.kind != Operation::Kind::readable) {
      BlockingPerformer::perform(operation);
      return;
    }
    std::array<pollfd, 3> polled{pollfd{operation.socket->fd.get(), POLLIN, 0},
                                 pollfd{stop_, POLLIN, 0}, pollfd{done_, POLLIN, 0}};
    const int result = call::poll(polled, operation.deadline);
    const bool stopped = polled[1].revents != 0 || polled[2].revents != 0;
    operation.result = stopped ? -ECANCELED : result == 0 ? -ETIMEDOUT : result;
  }

 private:
  int stop_;
  int done_;
};

}  // namespace

void serve_datagrams(const DatagramService& service) {
  const Fd done = stop_descriptor();  // readable once one thread has ended, which ends the others
  StoppablePerformer performer(service.stop, done.get());
  std::vector<std::unique_ptr<Udp>> sockets;
  Fd first = service.bind();
  // Set only after binding: otherwise a second server could bind too and get some of the peers.
  if (service.sockets > 1) call::set_option(first.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  sockets.push_back(std::make_unique<Udp>(performer, std::move(first)));
  const Address local = sockets.front()->local();
  while (sockets.size() < service.sockets)
    sockets.push_back(std::make_unique<Udp>(performer, local, true));
  service.listening(local);

  const auto serve = [&](DatagramSocket& datagrams) {
    try {
      service.handle(datagrams);
    } catch (const SystemError& error) {
      if (error.error() != ECANCELED) {
        stop_now(done);
        throw;
      }
    }
    stop_now(done);
  };
  std::vector<std::future<void>> threads;
  for (std::size_t i = 1; i < sockets.size(); ++i)
    threads.push_back(std::async(std::launch::async, serve, std::ref(*sockets[i])));
  serve(*sockets.front());
  for (auto& thread : threads) thread.get();
}

}  // namespace netlab
