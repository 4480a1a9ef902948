// RequestError is thrown by the server of the lab wire when it cannot serve a request. It is sent
// to the client as an ERROR reply, and the connection stays open.
#pragma once

#include <stdexcept>
#include <string>

#include "base/error.h"
#include "protocol/lab/codec.h"

namespace netlab {

class RequestError : public std::runtime_error {
 public:
  RequestError(std::string_view code, const std::string& text)
      : std::runtime_error(text), code_(code) {}
  explicit RequestError(const SystemError& error);

  lab::ErrorReply reply() const { return {code_, what()}; }

 private:
  std::string code_;
};

}  // namespace netlab
