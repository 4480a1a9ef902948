#include "impair/simulation/peer.h"

#include <algorithm>

namespace netlab::simulated {
namespace {

std::byte byte_at(std::uint64_t offset, std::uint8_t salt) {
  return static_cast<std::byte>((offset * 31 + (offset >> 8) + salt) & 0xff);
}

}  // namespace

void Peer::begin(Instant now, std::unique_ptr<reliable::Connection> new_connection) {
  connection = std::move(new_connection);
  started_ = last_received_ = now;
}

void Peer::deliver(Instant now, std::span<const std::byte> datagram) {
  const std::uint64_t before = connection->dropped_datagrams();
  connection->on_datagram(now, datagram);
  if (connection->dropped_datagrams() == before) last_received_ = now;
}

bool Peer::missed_timeout(Instant now) const {
  if (!connection || connection->is_closed()) return false;
  const reliable::Settings& settings = settings_.connection;
  if (!connection->is_established()) return now > started_ + settings.handshake_timeout;
  const Duration idle_timeout =
      std::max(settings.idle_timeout, 3 * connection->sender().recovery().probe_timeout());
  return now > last_received_ + settings.keep_alive + idle_timeout;
}

void Peer::act(Instant now) {
  if (!connection) return;
  read(now);
  write();
}

void Peer::write() {
  if (!connection->is_established()) return;
  while (written_ < settings_.writes) {
    auto room = connection->room();
    if (room.empty()) return;
    room = room.first(std::min<std::uint64_t>(room.size(), settings_.writes - written_));
    for (std::size_t i = 0; i < room.size(); ++i) room[i] = byte_at(written_ + i, salt_);
    connection->written(room.size());
    written_ += room.size();
  }
  if (settings_.finishes) connection->finish();
}

void Peer::read(Instant now) {
  const auto bytes = connection->readable();
  if (bytes.empty() || now < read_allowed_at_) {
    has_read_all_ = connection->has_peer_finished();
    next_read_ = bytes.empty() ? never : read_allowed_at_;
    return;
  }
  const std::size_t count = std::min(bytes.size(), settings_.reads_at_once);
  for (std::size_t i = 0; i < count; ++i)
    if (bytes[i] != byte_at(read_ + i, remote_salt_))
      violation_ = "byte " + std::to_string(read_ + i) + " is wrong";
  read_ += count;
  connection->consumed(count);
  read_allowed_at_ = now + settings_.reading_pause;
  next_read_ = read_allowed_at_;
  has_read_all_ = connection->has_peer_finished();
}

}  // namespace netlab::simulated
