// What DEST.part.state says of DEST.part: a few lines of text.
#pragma once

#include <string>
#include <string_view>

namespace netlab {

struct PartialRecord {
  std::string tag{};     // of the remote file it is a part of; empty: nobody knows
  bool replace = false;  // DEST was there when it was begun, and is to be replaced
  bool holes = false;    // it may have bytes that never came: several connections write to it

  bool operator==(const PartialRecord&) const = default;

  // A torn or foreign text says nothing.
  static PartialRecord parse(std::string_view text);
  // Whether netlab wrote it, or began to.
  static bool is_ours(std::string_view text);
  std::string emit() const;

  // The longest text.
  static constexpr std::size_t most = 256;
};

}  // namespace netlab
