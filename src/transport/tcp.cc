#include "transport/tcp.h"

#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>

#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

// The most that one sendfile(2) call moves, bytes.
constexpr std::uint64_t send_size = 0x7ffff000;

}  // namespace

TcpStream::TcpStream(Performer& performer, Fd fd, const Address& peer)
    : SocketStream(performer, std::move(fd), peer) {
  // A short reply followed by a file must not wait for the peer's delayed ACK (RFC 896, RFC 1122).
  call::set_option(socket_.fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
}

void TcpStream::connect(Instant deadline) {
  Operation connect{.kind = Operation::Kind::connect,
                    .socket = &socket_,
                    .deadline = deadline,
                    .address = peer()};
  performer_.perform(connect);
  if (connect.result < 0)
    throw SystemError("connect " + peer().text(), static_cast<int>(-connect.result));
}

std::size_t TcpStream::perform(Operation& operation, const char* verb) {
  operation.socket = &socket_;
  operation.deadline = deadline();
  performer_.perform(operation);
  // After shutdown(2) the kernel reports end of file or EPIPE, as if the peer had closed.
  if (is_aborted_) operation.result = -ECANCELED;
  if (operation.result < 0)
    throw SystemError(verb + (" " + peer().text()), static_cast<int>(-operation.result));
  return static_cast<std::size_t>(operation.result);
}

std::size_t TcpStream::read_some(std::span<std::byte> into) {
  Operation receive{.kind = Operation::Kind::receive, .into = into};
  return perform(receive, "receive from");
}

void TcpStream::await_input() {
  if (!performer_.saves_stacks()) return;
  Operation wait{.kind = Operation::Kind::readable};
  perform(wait, "receive from");
}

void TcpStream::write_all(std::span<const std::byte> bytes) {
  Operation send{.kind = Operation::Kind::send};
  while (!bytes.empty()) {
    send.bytes = bytes;
    bytes = bytes.subspan(perform(send, "send to"));
  }
}

void TcpStream::finish_writing() {
  const int result = call::shutdown(socket_.fd.get(), SHUT_WR);
  // ENOTCONN: the peer has closed and reset the connection; there is nothing left to finish.
  if (result < 0 && result != -ENOTCONN) throw SystemError("shutdown " + peer().text(), -result);
}

std::uint64_t TcpStream::send_file(const Fd& file, std::uint64_t offset, std::uint64_t count) {
  if (!performer_.sends_files()) return Stream::send_file(file, offset, count);
  Operation send{.kind = Operation::Kind::send_file, .file = file.get()};
  std::uint64_t sent = 0;
  while (sent < count) {
    send.offset = offset + sent;
    send.count = std::min(send_size, count - sent);
    const std::size_t moved = perform(send, "send to");
    if (moved == 0) break;  // the file was truncated
    sent += moved;
  }
  return sent;
}

std::size_t TcpStream::receive_file(const Fd& file, const std::string& name,
                                    std::size_t max_bytes) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::byte[]>(file_piece_size);
  const std::size_t got = read_some({buffer_.get(), std::min(file_piece_size, max_bytes)});
  call::write_all(file.get(), {buffer_.get(), got}, name);
  return got;
}

bool TcpStream::readable() {
  pollfd input{socket_.fd.get(), POLLIN, 0};
  return call::poll({&input, 1}, Clock::now()) > 0;
}

std::uint64_t TcpStream::unacknowledged() const {
  return call::unacknowledged(socket_.fd.get());
}

void TcpStream::set_receive_window(std::size_t bytes) {
  call::set_option(socket_.fd.get(), SOL_SOCKET, SO_RCVBUF, static_cast<int>(bytes));
}

void TcpStream::abort() {
  is_aborted_ = true;
  call::shutdown(socket_.fd.get(), SHUT_RDWR);
}

int tcp_descriptor(const Stream& stream) {
  return dynamic_cast<const TcpStream&>(stream).socket_.fd.get();
}

}  // namespace netlab
