// Parses decimal numbers from the network: digits only, with the range checked before use.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace netlab {

// The largest offset or size of a file: the maximum of off_t.
inline constexpr std::uint64_t max_offset = std::numeric_limits<std::int64_t>::max();

// Returns nullopt for an empty text, a sign, any other character, or a number above max_offset.
inline std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number > max_offset) return std::nullopt;
  return number;
}

}  // namespace netlab
