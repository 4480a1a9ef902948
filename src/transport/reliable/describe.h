// Describes packets of the reliable transport for a log, e.g. "DATA 17: bytes 4096 to 5263".
#pragma once

#include <string>

#include "transport/reliable/wire/packet.h"

namespace netlab::reliable {

std::string text(const Packet& packet);

}  // namespace netlab::reliable
