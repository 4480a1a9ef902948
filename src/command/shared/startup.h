// What every server does when it begins to listen, and how it tells that it is ready, and of a
// client that it could not serve.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"
#include "cli/output.h"

namespace netlab {

// For --max-clients.
inline constexpr std::uint64_t max_clients_limit = 1'000'000;

// A server of many clients needs a descriptor for each; the soft limit of 1,024 is for select(2).
void raise_descriptor_limit();

// Whoever waits for the file never sees half of it. Throws SystemError.
void write_port_file(const std::string& path, std::uint16_t port);

// "listening on ADDRESS:PORT (PROTOCOL)", a line an address: `both_families` of a socket on [::]
// that takes IPv4 clients as well.
void announce_listening(const Address& local, bool both_families, const std::string& protocol,
                        const Output& output);

// From any thread.
void log_failure(const EventSink& sink, const Address& client, const std::string& why);

}  // namespace netlab
