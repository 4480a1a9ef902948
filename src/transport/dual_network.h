// DualNetwork listens on the same port number of two transports, for a server that accepts clients
// of both. Outgoing connections use the first transport only.
#pragma once

#include <array>
#include <atomic>

#include "transport/transports.h"

namespace netlab {

class DualListener : public Listener {
 public:
  // Throws SystemError.
  DualListener(Performer& performer, std::unique_ptr<Listener> first,
               std::unique_ptr<Listener> second);
  ~DualListener() override;

  using Listener::accept;
  std::unique_ptr<Stream> accept(Instant deadline) override;
  std::unique_ptr<Stream> try_accept() override;
  int poll_fd() override { return ready_.fd.get(); }
  Address local() const override { return listeners_.front()->local(); }
  void stop_accepting() override;

 private:
  Performer& performer_;
  std::array<std::unique_ptr<Listener>, 2> listeners_;
  bool had_client_ = false;  // the last attempt found a client
  std::size_t next_ = 0;     // the listener to try first; alternates, so neither starves the other
  Socket ready_;  // an epoll instance, which is readable when either listener is (epoll(7))
  Fd stop_;       // readable after stop_accepting()
  std::atomic<bool> is_stopped_ = false;
};

class DualNetwork : public Network {
 public:
  // The performer must outlive the network and every stream and listener it creates.
  DualNetwork(Performer& performer, const Transport& first, const Transport& second)
      : performer_(performer), first_(first.over(performer)), second_(second.over(performer)) {}

  std::unique_ptr<Listener> listen(const Address& address) override;
  // Uses the first transport only: a socket belongs to one transport.
  std::unique_ptr<Listener> adopt(Fd listening) override;
  std::unique_ptr<Stream> connect(const Address& address, Instant deadline) override;
  Instant now() const override { return performer_.now(); }
  void sleep_until(Instant instant) override { performer_.sleep_until(instant); }

 private:
  Performer& performer_;
  std::unique_ptr<Network> first_;
  std::unique_ptr<Network> second_;
};

// A transport that accepts clients of both.
Transport either(const Transport& first, const Transport& second);

}  // namespace netlab
