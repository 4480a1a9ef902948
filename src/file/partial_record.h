// PartialRecord is the content of DEST.part.state, which describes DEST.part: a few lines of text.
#pragma once

#include <string>
#include <string_view>

namespace netlab {

struct PartialRecord {
  std::string tag{};     // of the remote file that is being received; empty: unknown
  bool replace = false;  // DEST existed at the start, and will be replaced
  bool holes = false;    // it may have gaps: several connections write to it

  bool operator==(const PartialRecord&) const = default;

  // Returns an empty record for a truncated or foreign text.
  static PartialRecord parse(std::string_view text);
  // Whether netlab wrote the text, even if only its beginning.
  static bool is_ours(std::string_view text);
  std::string emit() const;

  // The maximum size of the text, bytes.
  static constexpr std::size_t max_size = 256;
};

}  // namespace netlab
