// The three kinds of error.
//   SystemError    a system call failed: the operation and errno
//   ProtocolError  the peer violated the protocol: ends only that connection
//   assert         a bug in netlab: enabled in every build
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace netlab {

// what() is one line: "connect 127.0.0.1:5001: Connection refused".
class SystemError : public std::system_error {
 public:
  // `error` is a positive errno value (errno(3)).
  explicit SystemError(const std::string& operation, int error = errno)
      : std::system_error(error, std::generic_category(), operation) {}

  int error() const { return code().value(); }
};

// Whether the error concerns a connection (the peer or the network), not a file.
bool is_of_network(const SystemError& error);

class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A retry may succeed.
class TemporaryError : public ProtocolError {
 public:
  using ProtocolError::ProtocolError;
};

// The peer ended the connection early.
class ConnectionEnded : public TemporaryError {
 public:
  using TemporaryError::TemporaryError;
};

}  // namespace netlab
