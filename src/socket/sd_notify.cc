#include "socket/sd_notify.h"

#include <stdlib.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "socket/syscalls.h"
#include "trace/log.h"

namespace netlab {
namespace {

// How long a service manager that does not read may block us.
constexpr auto send_timeout = std::chrono::seconds(1);

Fd connect_to(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool is_abstract = name.front() == '@';
  if (!is_abstract && name.front() != '/') throw SystemError("must start with / or @", EINVAL);
  if (name.size() >= sizeof address.sun_path) throw SystemError("connect", ENAMETOOLONG);
  std::memcpy(address.sun_path, name.data(), name.size());
  if (is_abstract) address.sun_path[0] = '\0';
  Fd fd = call::socket(AF_UNIX, SOCK_DGRAM);
  call::set_timeout(fd.get(), SO_SNDTIMEO, send_timeout);
  const int result = call::connect(fd.get(), address, name.size());
  if (result < 0) throw SystemError("connect", -result);
  return fd;
}

}  // namespace

SdNotify::SdNotify() {
  const char* const name = getenv("NOTIFY_SOCKET");
  if (!name || *name == '\0') return;
  try {
    socket_ = connect_to(name);
  } catch (const SystemError& error) {
    log::warning("NOTIFY_SOCKET {}: {}", name, error.what());
  }
}

void SdNotify::notify(std::string_view state) const {
  if (!socket_) return;
  const ssize_t sent = call::send(socket_.get(), bytes_of(state));
  if (sent < 0)
    log::warning("NOTIFY_SOCKET: send {}: {}", state,
                 std::generic_category().message(static_cast<int>(-sent)));
}

}  // namespace netlab
