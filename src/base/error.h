// The three kinds of error.
//   SystemError    the system refused: the operation that was tried, and errno
//   ProtocolError  the peer misbehaved: ends that connection only
//   assert         we are wrong: on in every build
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace netlab {

// what() is one line: "connect 127.0.0.1:5001: Connection refused".
class SystemError : public std::system_error {
 public:
  // `error` is a positive errno value, see errno(3).
  explicit SystemError(const std::string& operation, int error = errno)
      : std::system_error(error, std::generic_category(), operation) {}

  int error() const { return code().value(); }
};

// Whether the error is one of a connection, and not of a file: the peer or the way to it.
bool is_of_network(const SystemError& error);

class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A further attempt may fare better.
class TemporaryError : public ProtocolError {
 public:
  using ProtocolError::ProtocolError;
};

// The peer finished before its time.
class ConnectionEnded : public TemporaryError {
 public:
  using TemporaryError::TemporaryError;
};

}  // namespace netlab
