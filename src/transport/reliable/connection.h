// Connection is one endpoint of the reliable transport: a state machine. Its inputs are datagrams
// and the current time, its outputs are datagrams and its next deadline. It has no socket, clock,
// thread or random generator of its own, so a test can run two of them over any simulated network
// in virtual time.
//
// The methods fall into four groups: state, events, application calls and output. After each event
// or application call, the caller sends what poll_transmit() returns until it returns an empty
// Batch. It calls on_timeout() at the instant that poll_timeout() returns.
#pragma once

#include <memory>
#include <optional>

#include "transport/reliable/handshake.h"
#include "transport/reliable/receiver.h"
#include "transport/reliable/sender.h"
#include "transport/reliable/settings.h"
#include "transport/reliable/timers.h"

namespace netlab::reliable {

class Connection {
 public:
  // A client: it sends a HELLO.
  Connection(Instant now, const Settings& settings, const Identity& identity);
  // A server, for a HELLO with a valid token (see AddressValidator).
  Connection(Instant now, const Settings& settings, const Identity& identity, const Hello& hello);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // State.
  bool is_established() const { return sender_.has_value(); }
  // Nothing is left to send or to wait for. Data that was received can still be read.
  bool is_closed() const { return state_ == State::closed && !pending_close_; }
  // The peer has acknowledged all data and the end of the stream.
  bool is_delivered() const { return sender_ && sender_->is_all_acked(); }
  // Why the connection failed, as an errno value: ETIMEDOUT, ECONNREFUSED, ECONNRESET, ECONNABORTED
  // or EPROTO. 0: it did not fail.
  int error() const { return error_; }
  // The received bytes that were not consumed yet, or the first contiguous piece of them. Empty
  // when there are none, or at the end of the stream: see has_peer_finished().
  std::span<const std::byte> readable() const;
  // The peer has finished its stream and all of it was consumed.
  bool has_peer_finished() const { return receiver_ && receiver_->buffer().is_finished(); }
  // The peer's whole stream was received, including its end.
  bool has_all() const { return receiver_ && receiver_->buffer().is_complete(); }
  std::uint64_t id() const { return identity_.id; }
  std::uint64_t peer_id() const { return peer_id_; }
  const TransportParameters& parameters() const { return parameters_; }  // as negotiated
  const Sender& sender() const { return *sender_; }                      // only once established
  const Receiver& receiver() const { return *receiver_; }                // only once established
  // Datagrams dropped because they were malformed or not for this connection.
  std::uint64_t dropped_datagrams() const { return dropped_datagrams_; }

  // Events.
  void on_datagram(Instant now, std::span<const std::byte> datagram);
  void on_timeout(Instant now);
  // ICMP reported that the peer's port is unreachable. An attacker who guesses two ports can forge
  // this. So it fails a connection only during the handshake; later it causes a PING, and fails the
  // connection if nothing arrives for some seconds. Datagrams received earlier must be passed to
  // on_datagram() first.
  void on_refused(Instant now);

  // Application calls.
  std::size_t free() const;  // bytes that can be written now
  // Contiguous free space of the send buffer; empty when the buffer is full or the connection is
  // not open. Bytes that were placed there are then reported by written().
  std::span<std::byte> room();
  void written(std::size_t bytes);
  void finish();                     // ends our stream
  void consumed(std::size_t bytes);  // of readable()
  // Limits the receive window to `bytes` from now on.
  void set_receive_window(std::size_t bytes);
  // Ends both directions at once. A single CLOSE is sent to the peer.
  void abort();

  // Output. `room` has at least max_packet_size bytes.
  Batch poll_transmit(Instant now, std::span<std::byte> room);
  // `never`: no timer is running.
  Instant poll_timeout() const;

 private:
  enum class State { handshake, open, closing, closed };

  void enter(State state);
  void establish(Instant now, const TransportParameters& parameters, std::uint64_t peer_max_data,
                 std::uint64_t peer_id);
  bool is_for_us(const Packet& packet) const;
  // Handles a packet that is not for this connection.
  void on_stray_packet(Instant now, const Packet& packet);
  void on_peer_activity(Instant now);
  void handle(Instant now, const Hello& hello);
  void handle(Instant now, const Retry& retry);
  void handle(Instant now, const Welcome& welcome);
  void handle(Instant now, const Data& data);
  void handle(Instant now, const Ack& ack);
  void handle(Instant now, const Ping& ping);
  void handle(Instant now, const Close& close);
  void handle(Instant now, const Gone& gone);
  void await_reply(Instant now);
  void on_expired(Timer timer);
  void fail(int error);
  void finish_if_complete(Instant now);
  void send_close(Close::Code code) { pending_close_ = code; }
  // Each writes one packet to `room` and returns its size; 0: there is nothing to send.
  std::size_t transmit_handshake(Instant now, std::span<std::byte> room);
  std::size_t transmit_control(Instant now, std::span<std::byte> room);

  const Settings settings_;
  const Identity identity_;
  Handshake handshake_;
  Timers timers_;
  State state_ = State::handshake;
  int error_ = 0;
  std::uint64_t dropped_datagrams_ = 0;
  std::uint64_t gone_id_ = 0;   // unknown id that we reply GONE for; 0: none
  Instant next_stray_reply_{};  // no reply to a stray packet before
  std::uint64_t peer_id_ = 0;
  TransportParameters parameters_;
  std::optional<Sender> sender_;
  std::optional<Receiver> receiver_;
  Instant refused_since_ = never;  // the first on_refused() since the peer's last packet
  std::optional<Close::Code> pending_close_;
};

}  // namespace netlab::reliable
