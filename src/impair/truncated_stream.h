// TruncatedStream wraps a Stream and cuts its connection after so many bytes have been received:
// the broken download, on order.
#pragma once

#include <memory>

#include "transport/stream.h"

namespace netlab {

class TruncatedStream : public Stream {
 public:
  // `after` bytes arrive, then the connection ends.
  TruncatedStream(std::unique_ptr<Stream> beneath, std::uint64_t after)
      : Stream(beneath->peer()), beneath_(std::move(beneath)), left_(after) {}

  std::size_t read_some(std::span<std::byte> into) override;
  void write_all(std::span<const std::byte> bytes) override;
  void finish_writing() override { beneath_->finish_writing(); }
  void close() override { beneath_->close(); }
  void abort() override { beneath_->abort(); }

 private:
  std::unique_ptr<Stream> beneath_;
  std::uint64_t left_;
};

}  // namespace netlab
