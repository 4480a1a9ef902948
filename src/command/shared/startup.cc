#include "command/shared/startup.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>

#include <cstdio>

#include "base/bytes.h"
#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void write_port_file(const std::string& path, std::uint16_t port) {
  const std::string fresh = path + ".new";
  const Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) throw SystemError("open " + fresh);
  call::write_all(file.get(), bytes_of(std::to_string(port) + "\n"), fresh);
  if (::rename(fresh.c_str(), path.c_str()) != 0) throw SystemError("rename " + fresh);
}

void announce_listening(const Address& local, bool both_families, const std::string& protocol,
                        const Output& output) {
  const auto line = [&](const Address& address) {
    output.always({"listening",
                   fmt::format("listening on {} ({})", address.text(), protocol),
                   {{"address", address.host()},
                    {"port", std::uint64_t{address.port()}},
                    {"protocol", protocol}}});
  };
  if (both_families) line(Address::any_v4(local.port()));
  line(local);
}

void log_failure(const EventSink& sink, const Address& client, const std::string& why) {
  if (!sink) return;
  sink({"failed",
        fmt::format("client {} failed: {}", client.text(), why),
        {{"client", client.text()}, {"message", why}}});
}

}  // namespace netlab
