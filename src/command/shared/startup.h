// Functions that every server calls: at startup, to prepare for many clients and to announce that
// it is listening; later, to report a client that it could not serve.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"
#include "cli/output.h"

namespace netlab {

// The largest value of --max-clients.
inline constexpr std::uint64_t max_clients_limit = 1'000'000;

// Raises the soft limit of open descriptors to the hard limit: each client needs a descriptor, and
// the usual soft limit of 1,024 exists only for select(2).
void raise_descriptor_limit();

// Writes the port to a file that appears only when it is complete. Throws SystemError.
void write_port_file(const std::string& path, std::uint16_t port);

// Prints "listening on ADDRESS:PORT (PROTOCOL)". `both_families`: the socket is bound to [::] and
// also accepts IPv4 clients, so a line for 0.0.0.0 is printed as well.
void announce_listening(const Address& local, bool both_families, const std::string& protocol,
                        const Output& output);

// Reports a failed client to the sink, which may be empty. May be called from any thread.
void log_failure(const EventSink& sink, const Address& client, const std::string& why);

}  // namespace netlab
