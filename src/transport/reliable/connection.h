// Connection is one end of the reliable transport: a state machine that is given datagrams and the
// time, and gives back datagrams and its next deadline. It has no socket, no clock, no thread and
// no chance of its own, so that a test can drive two of them through any network in no time.
//
// Its methods are of four kinds: what is, what happened, what we want, what to do next. Whoever
// drives it, after each of the second and third kind, sends what poll_transmit() gives until it
// gives nothing, and calls on_timeout() at the instant of poll_timeout().
#pragma once

#include <memory>
#include <optional>

#include "transport/reliable/receiver.h"
#include "transport/reliable/sender.h"
#include "transport/reliable/settings.h"

namespace netlab::reliable {

class Connection {
 public:
  // A client's: it says HELLO.
  Connection(Instant now, const Settings& settings, const Identity& identity);
  // A server's, of a HELLO with a token that is valid (AddressValidator).
  Connection(Instant now, const Settings& settings, const Identity& identity, const Hello& hello);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // What is.
  bool is_established() const { return sender_.has_value(); }
  // Nothing is to be sent or waited for any more. What has come can still be read.
  bool is_closed() const { return state_ == State::closed && !wants_close_; }
  // All that was written, and that it is all, has come to the peer.
  bool is_delivered() const { return sender_ && sender_->is_done(); }
  // Why it is over before its time, as an errno: ETIMEDOUT, ECONNRESET, EPROTO; 0: it is not.
  int error() const { return error_; }
  // What has come and was not read, or its first piece. Empty: nothing now, or
  std::span<const std::byte> readable() const;
  // nothing any more: the peer has finished, and all was read.
  bool has_peer_finished() const { return receiver_ && receiver_->buffer().is_finished(); }
  // All that the peer will ever send has come.
  bool has_all() const { return receiver_ && receiver_->buffer().is_whole(); }
  std::uint64_t id() const { return identity_.id; }
  std::uint64_t peer_id() const { return peer_id_; }
  const TransportParameters& parameters() const { return parameters_; }  // as agreed on
  const Sender& sender() const { return *sender_; }                      // once it is established
  const Receiver& receiver() const { return *receiver_; }                // once it is established
  std::uint64_t unreadable() const { return unreadable_; }  // datagrams that made no sense

  // What happened.
  void on_datagram(Instant now, std::span<const std::byte> datagram);
  void on_timeout(Instant now);
  // The network says that nobody is there (ICMP), as anybody can who guesses two ports: believed of
  // a peer that we do not know yet, else a reason to ask it. Of what has come before, tell first.
  void on_refused(Instant now);

  // What we want.
  std::size_t free() const;  // bytes that can be written
  // Room for what is to be sent, in one piece; empty when there is none, or no connection yet.
  std::span<std::byte> room();
  void written(std::size_t bytes);
  void finish();                     // nothing more will be written
  void consumed(std::size_t bytes);  // of readable()
  // So many bytes at most may come before they are read, from now on.
  void set_receive_window(std::size_t bytes);
  // Ends both directions. The peer is told, once.
  void abort();

  // What to do next. `room` has max_packet_size bytes.
  Batch poll_transmit(Instant now, std::span<std::byte> room);
  // `never`: only when something happens.
  Instant poll_timeout() const;

 private:
  enum class State { handshake, open, closing, closed };

  void establish(const TransportParameters& parameters, std::uint64_t peer_max_data,
                 std::uint64_t peer_id);
  bool is_for_us(const Packet& packet) const;
  // What is not for us.
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
  void fail(int error);
  void finish_if_complete(Instant now);
  void close_with(Close::Code code) { wants_close_ = code; }
  Batch transmit_handshake(Instant now, std::span<std::byte> room);
  Batch transmit_control(Instant now, std::span<std::byte> room);
  Instant hello_time() const;
  Instant idle_time() const;
  Instant keep_alive_time() const;

  const Settings settings_;
  const Identity identity_;
  const bool is_client_;
  State state_ = State::handshake;
  int error_ = 0;
  std::uint64_t unreadable_ = 0;
  std::uint64_t unknown_ = 0;   // an id that is not ours, by which we were called; 0: none
  Instant next_stray_reply_{};  // to what is not for us

  // Of the greeting.
  Instant give_up_at_ = never;
  std::array<std::byte, max_token> token_{};
  std::size_t token_size_ = 0;
  Instant hello_sent_{};
  unsigned int hellos_ = 0;     // sent with this token
  unsigned int retries_ = 0;    // taken
  RttEstimator handshake_rtt_;  // from a HELLO to its RETRY
  bool wants_hello_ = false;
  bool wants_welcome_ = false;
  Instant welcome_sent_{};
  unsigned int welcomes_ = 0;
  bool is_confirmed_ = false;  // the client has our WELCOME

  std::uint64_t peer_id_ = 0;
  TransportParameters parameters_;
  std::optional<Sender> sender_;
  std::optional<Receiver> receiver_;
  Instant last_received_{};
  Instant unanswered_since_ = never;  // the first packet that wants an answer, since we last heard
  Instant refused_since_ = never;     // and nothing was heard since
  Instant closing_until_ = never;
  std::optional<Close::Code> wants_close_;
};

}  // namespace netlab::reliable
