// run_client() runs what a client does with its server, and runs it again when the network failed.
#pragma once

#include <functional>

#include "cli/output.h"
#include "command/shared/client_options.h"
#include "command/shared/retry.h"
#include "transport/network.h"

namespace netlab {

// Connects when it needs to.
using ClientJob = std::function<void(const Connect& connect, Network& network, Attempt& attempt)>;

// `connect` tries the addresses of the server, one after the other. Throws the error of the last
// attempt.
void run_client(const ClientOptions& options, const ClientJob& job, const Output& output);

}  // namespace netlab
