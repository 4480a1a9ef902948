// ServedStream is a client's connection to a handler, both in one thread and in virtual time. The
// handler runs on a fiber, which is resumed when the client waits for bytes. If neither can make
// progress, the client's deadline passes.
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "base/error.h"
#include "fiber/fiber.h"
#include "support/virtual_network.h"
#include "transport/stream.h"

namespace netlab {

class ServedStream : public Stream {
 public:
  using Handler = std::function<void(Stream& client, Network& network)>;

  ServedStream(VirtualNetwork& network, Handler handler)
      : Stream(Address::loopback(5001)),
        network_(network),
        server_end_(*this),
        handler_(std::move(handler)),
        server_([this] { serve(); }) {}
  ~ServedStream() override {
    gone_ = true;
    while (!server_.done()) server_.resume();
  }

  std::size_t read_some(std::span<std::byte> into) override {
    while (to_client_.empty()) {
      if (gone_ || server_.done() || server_finished_) return 0;
      server_.resume();
      if (!to_client_.empty() || server_.done() || server_finished_) continue;
      network_.sleep_until(deadline());
      throw SystemError("receive from " + peer().text(), ETIMEDOUT);
    }
    return take(to_client_, into);
  }
  void write_all(std::span<const std::byte> bytes) override {
    if (gone_ || server_.done()) throw SystemError("send to " + peer().text(), EPIPE);
    to_server_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void finish_writing() override { finished_ = true; }
  void abort() override { gone_ = true; }

  // The message of the exception that the handler threw; empty if it threw none.
  const std::string& failure() const { return failure_; }

 private:
  static constexpr std::size_t room = 64 * 1024;  // most bytes in flight to the client

  class ServerEnd : public Stream {
   public:
    explicit ServerEnd(ServedStream& all) : Stream(Address::loopback(4711)), all_(all) {}

    std::size_t read_some(std::span<std::byte> into) override {
      while (all_.to_server_.empty()) {
        if (all_.finished_ || all_.gone_) return 0;
        Fiber::park();
      }
      return take(all_.to_server_, into);
    }
    void write_all(std::span<const std::byte> bytes) override {
      while (!bytes.empty()) {
        if (all_.gone_) throw SystemError("send to " + peer().text(), EPIPE);
        const std::size_t count = std::min(bytes.size(), room - all_.to_client_.size());
        all_.to_client_.append(reinterpret_cast<const char*>(bytes.data()), count);
        bytes = bytes.subspan(count);
        if (!bytes.empty()) Fiber::park();
      }
    }
    void finish_writing() override { all_.server_finished_ = true; }
    void abort() override { all_.gone_ = true; }

   private:
    ServedStream& all_;
  };

  static std::size_t take(std::string& from, std::span<std::byte> into) {
    const std::size_t count = std::min(into.size(), from.size());
    std::ranges::copy(std::as_bytes(std::span(from)).first(count), into.begin());
    from.erase(0, count);
    return count;
  }

  void serve() {
    try {
      handler_(server_end_, network_);
    } catch (const std::exception& error) {
      failure_ = error.what();
    }
  }

  VirtualNetwork& network_;
  ServerEnd server_end_;
  Handler handler_;
  std::string to_server_;
  std::string to_client_;
  std::string failure_;
  bool finished_ = false;
  bool server_finished_ = false;
  bool gone_ = false;
  Fiber server_;
};

}  // namespace netlab
