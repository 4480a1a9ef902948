#include "protocol/fold_name.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace netlab {
namespace {

// U+00C0 to U+017F (Latin-1 Supplement and Latin Extended-A) in lower case and without accents; "*"
// stands for those below, which are two letters.
constexpr std::uint32_t first_accented = 0xc0;
constexpr std::string_view plain =
    "aaaaaa*ceeeeiiiidnooooo ouuuuy**aaaaaa*ceeeeiiiidnooooo ouuuuy*y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkklllllll"
    "lllnnnnnnnnnoooooo**rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(plain.size() == 0x180 - first_accented);

struct Ligature {
  std::uint32_t character;
  std::string_view letters;
};
constexpr std::array ligatures = {
    Ligature{0xc6, "ae"},  Ligature{0xe6, "ae"},  Ligature{0xdf, "ss"},
    Ligature{0xde, "th"},  Ligature{0xfe, "th"},  Ligature{0x132, "ij"},
    Ligature{0x133, "ij"}, Ligature{0x152, "oe"}, Ligature{0x153, "oe"}};

// A character of two bytes (RFC 3629), which U+0080 to U+07FF are.
void append_folded(std::string& folded, std::string_view pair) {
  const auto lead = static_cast<unsigned char>(pair[0]);
  const auto trail = static_cast<unsigned char>(pair[1]);
  const std::uint32_t character = (lead & 0x1fu) << 6 | (trail & 0x3fu);
  if (character >= 0x300 && character < 0x370) return;  // an accent by itself
  if (character < first_accented) return;               // punctuation, as the middle dot
  if (character >= first_accented + plain.size()) {
    folded += pair;
    return;
  }
  const char letter = plain[character - first_accented];
  if (letter != '*') {
    if (letter != ' ') folded += letter;
    return;
  }
  for (const Ligature& ligature : ligatures)
    if (ligature.character == character) folded += ligature.letters;
}

// Whether a character of two bytes begins a text; in Latin-1 its first byte is a letter by itself.
bool begins_with_pair(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  return text.size() > 1 && byte(0) >> 5 == 6 && byte(1) >> 6 == 2;
}

std::string letters_of(std::string_view name) {
  std::string folded;
  while (!name.empty()) {
    const auto byte = static_cast<unsigned char>(name.front());
    const std::size_t length = begins_with_pair(name) ? 2 : 1;
    if (length == 2)
      append_folded(folded, name.substr(0, 2));
    else if (byte >= 'A' && byte <= 'Z')
      folded += static_cast<char>(byte - 'A' + 'a');
    else if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80)
      folded += static_cast<char>(byte);
    name.remove_prefix(length);
  }
  return folded;
}

}  // namespace

std::string fold_name(std::string_view name) {
  const std::size_t comma = name.find(',');
  if (comma == std::string_view::npos) return letters_of(name);
  return letters_of(name.substr(comma + 1)) + letters_of(name.substr(0, comma));
}

}  // namespace netlab
