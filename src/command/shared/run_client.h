// run_client() runs a client's conversation with its server, and retries it after network errors.
#pragma once

#include <functional>

#include "cli/output.h"
#include "command/shared/client_options.h"
#include "command/shared/retry.h"
#include "transport/network.h"

namespace netlab {

// A client's conversation. It calls `connect` when it needs a connection.
using ClientJob = std::function<void(const Connect& connect, Network& network, Attempt& attempt)>;

// `connect` tries the server's addresses one after the other. Throws the error of the last
// attempt.
void run_client(const ClientOptions& options, const ClientJob& job, const Output& output);

}  // namespace netlab
