// TruncatedStream owns a Stream and aborts its connection after a given number of received bytes,
// to simulate a broken download.
#pragma once

#include <memory>

#include "transport/stream.h"

namespace netlab {

class TruncatedStream : public Stream {
 public:
  // `after`: how many bytes are received before the connection ends.
  TruncatedStream(std::unique_ptr<Stream> inner, std::uint64_t after)
      : Stream(inner->peer()), inner_(std::move(inner)), left_(after) {
    Stream::set_deadline(inner_->deadline());
  }

  std::size_t read_some(std::span<std::byte> into) override;
  void write_all(std::span<const std::byte> bytes) override { inner_->write_all(bytes); }
  void finish_writing() override { inner_->finish_writing(); }
  void close() override { inner_->close(); }
  Address local() const override { return inner_->local(); }
  bool readable() override { return left_ == 0 || inner_->readable(); }
  std::uint64_t unacknowledged() const override { return inner_->unacknowledged(); }
  void set_receive_window(std::size_t bytes) override { inner_->set_receive_window(bytes); }
  void set_deadline(Instant deadline) override;
  void abort() override { inner_->abort(); }

 private:
  std::unique_ptr<Stream> inner_;
  std::uint64_t left_;
};

}  // namespace netlab
