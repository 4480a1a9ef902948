// Parses the ordinals of packets, the values of --drop: a list of numbers and ranges.
#pragma once

#include <string>
#include <vector>

#include "impair/link_settings.h"

namespace netlab {

// "3,5,7-9"; "first" is 1. Throws std::invalid_argument "'TEXT' must be ...".
std::vector<OrdinalRange> parse_ordinals(const std::string& text);

}  // namespace netlab
