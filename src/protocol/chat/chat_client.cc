#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/chat/chat.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

// How long input is still awaited after the server has half-closed. The server may have stopped
// reading as well, and standard input may stay open indefinitely.
constexpr auto input_grace = std::chrono::seconds(1);

// Waits for input. Returns false if the receiver has ended and no input arrived in time.
bool wait_for_input(int input, int receiver_ended) {
  std::array<pollfd, 2> descriptors{pollfd{input, POLLIN, 0}, pollfd{receiver_ended, POLLIN, 0}};
  int result = call::poll(descriptors, never);
  if (result >= 0 && descriptors[0].revents == 0)
    result = call::poll(std::span(descriptors).first(1), add_saturating(Clock::now(), input_grace));
  if (result < 0) throw SystemError("poll", -result);
  return descriptors[0].revents != 0;
}

class InputSender {
 public:
  InputSender(const Exchange& exchange, Stream& server, Network& network)
      : exchange_(exchange), server_(server), network_(network) {}

  // Aborts the stream on failure, because the receiver would wait for a reply.
  void send() {
    try {
      send_all();
    } catch (...) {
      failed_ = true;
      waits_for_input_ = false;
      server_.abort();
      throw;
    }
  }

  // Tells the sender that the receiver has reached the end of the stream, or failed.
  void on_receiver_ended() {
    if (receiver_ended_) call::raise_event(receiver_ended_.get());
  }

  bool waits_for_input() const { return waits_for_input_; }
  bool failed() const { return failed_; }

 private:
  void send_all() {
    send_piece(bytes_of(exchange_.message));
    const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece_size);
    while (exchange_.input >= 0) {
      waits_for_input_ = true;
      if (!wait_for_input(exchange_.input, receiver_ended_.get())) return;
      waits_for_input_ = false;
      const ssize_t got = call::read(exchange_.input, {buffer.get(), piece_size});
      if (got < 0) throw SystemError("read standard input", static_cast<int>(-got));
      if (got == 0) break;
      send_piece({buffer.get(), static_cast<std::size_t>(got)});
    }
    server_.finish_writing();
  }

  void send_piece(std::span<const std::byte> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece_size, bytes.size()))) {
      server_.set_deadline(add_saturating(network_.now(), exchange_.response_timeout));
      server_.write_all(bytes.first(std::min(piece_size, bytes.size())));
    }
    server_.set_deadline(add_saturating(network_.now(), exchange_.response_timeout));
  }

  const Exchange& exchange_;
  Stream& server_;
  Network& network_;
  const Fd receiver_ended_ = exchange_.input >= 0 ? call::event_descriptor() : Fd();
  std::atomic<bool> waits_for_input_ = false;
  std::atomic<bool> failed_ = false;
};

// Receives at least one byte, or 0 at the end of the stream. A timeout does not count while the
// sender waits for input, or if it has extended the deadline meanwhile.
std::size_t receive_some(const Exchange& exchange, const InputSender& sender, Stream& server,
                         Network& network, std::span<std::byte> into) {
  for (;;) {
    try {
      return server.read_some(into);
    } catch (const SystemError& error) {
      if (error.error() != ETIMEDOUT) throw;
      if (sender.waits_for_input())
        server.set_deadline(add_saturating(network.now(), exchange.response_timeout));
      else if (server.deadline() <= network.now())
        throw;
    }
  }
}

}  // namespace

void exchange_messages(const Exchange& exchange, Stream& server, Network& network) {
  server.set_deadline(add_saturating(network.now(), exchange.response_timeout));
  InputSender sender(exchange, server, network);
  auto sending = std::async(std::launch::async, [&] { sender.send(); });
  try {
    const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece_size);
    while (const std::size_t got =
               receive_some(exchange, sender, server, network, {buffer.get(), piece_size})) {
      exchange.take({buffer.get(), got});
      server.set_deadline(add_saturating(network.now(), exchange.response_timeout));
    }
    sender.on_receiver_ended();
  } catch (...) {
    const bool sender_failed = sender.failed();
    server.abort();  // makes the sending thread fail
    sender.on_receiver_ended();
    if (sender_failed) sending.get();  // throws the cause of the caught error
    throw;
  }
  sending.get();
}

}  // namespace netlab
