#include "base/error.h"

namespace netlab {

bool is_of_network(const SystemError& error) {
  switch (error.error()) {
    case ECANCELED:  // this end aborted the connection (Stream::abort), or ended the wait
    case ECONNABORTED:
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case EPIPE:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace netlab
