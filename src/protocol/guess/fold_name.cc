#include "protocol/guess/fold_name.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace netlab {
namespace {

// The replacements of consecutive characters from `first` on: lower case, without accents. " "
// drops the character, "*" replaces it by the letters in `ligatures`, "?" keeps it.
struct Row {
  std::uint32_t first;
  std::u16string_view letters;
};

// Latin up to Latin Extended-B, Greek, Cyrillic, and Latin Extended Additional (for Vietnamese).
constexpr std::array replacements = {
    Row{0xc0,
        u"aaaaaa*ceeeeiiiidnooooo ouuuuy**aaaaaa*ceeeeiiiidnooooo ouuuuy*y"
        u"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkklllllll"
        u"lllnnnnnnnnnoooooo**rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
        u"bbbb???cc?ddd????ffg???ikkl??nnooo??pp?????ttttuu?vyyzz?????????"
        u"?????d??l??n?aaiioouuuuuuuuuu?aaaa**ggggkkoooo??j?d?gg??nnaa**oo"
        u"aaaaeeeeiiiioooorrrruuuusstt??hhnd??zzaaeeooooooooyylntj??acclts"
        u"z??b??eejj?qrryy"},
    Row{0x386,
        u"α εηι?ο?υωιαβγδεζηθικλμνξοπρ?στυφχψωιυαεηιυαβγδεζηθικλμνξοπρσστυ"
        u"φχψωιυουω"},
    Row{0x400,
        u"ееђгєѕііјљњћкиуџабвгдежзииклмнопрстуфхцчшщъыьэюяабвгдежзииклмноп"
        u"рстуфхцчшщъыьэюяееђгєѕііјљњћкиуџѡѡѣѣѥѥѧѧѩѩѫѫѭѭѯѯѱѱѳѳѵѵѵѵѹѹѻѻѽѽѿѿ"
        u"ҁҁ        ҋҋҍҍҏҏґґғғҕҕҗҗҙҙққҝҝҟҟҡҡңңҥҥҧҧҩҩҫҫҭҭүүұұҳҳҵҵҷҷҹҹһһҽҽҿҿ"
        u"ӏжжӄӄӆӆӈӈӊӊӌӌӎӎӏааааӕӕееәәәәжжззӡӡииииооөөөөээууууууччӷӷыыӻӻӽӽӿӿ"},
    Row{0x1e00,
        u"aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
        u"mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
        u"wwwwwwwwwwxxxxyyzzzzzzhtwyasss*?aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
        u"eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy????yy"}};

struct Ligature {
  std::uint32_t character;
  std::u16string_view letters;
};
constexpr std::array ligatures = {
    Ligature{0xc6, u"ae"},  Ligature{0xe6, u"ae"},  Ligature{0xdf, u"ss"},  Ligature{0xde, u"th"},
    Ligature{0xfe, u"th"},  Ligature{0x132, u"ij"}, Ligature{0x133, u"ij"}, Ligature{0x152, u"oe"},
    Ligature{0x153, u"oe"}, Ligature{0x1e2, u"ae"}, Ligature{0x1e3, u"ae"}, Ligature{0x1fc, u"ae"},
    Ligature{0x1fd, u"ae"}, Ligature{0x1e9e, u"ss"}};

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Combining accents, and characters that are not letters: apostrophes, dashes, quotation marks,
// blanks.
constexpr std::array dropped = {Range{0x80, 0xbf}, Range{0x2b0, 0x36f}, Range{0x2000, 0x206f},
                                Range{0x3000, 0x3003}};

bool is_dropped(std::uint32_t character) {
  return std::ranges::any_of(dropped, [character](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

// Appends a letter in UTF-8. All letters of the tables are below U+0800, so two bytes suffice.
void append(std::string& folded, char16_t letter) {
  if (letter < 0x80) {
    folded += static_cast<char>(letter);
    return;
  }
  folded += static_cast<char>(0xc0 | letter >> 6);
  folded += static_cast<char>(0x80 | (letter & 0x3f));
}

void append_ascii(std::string& folded, char byte) {
  if (byte >= 'A' && byte <= 'Z')
    folded += static_cast<char>(byte - 'A' + 'a');
  else if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
    folded += byte;
}

// `bytes` is the UTF-8 encoding of `character`.
void append_non_ascii(std::string& folded, std::uint32_t character, std::string_view bytes) {
  if (is_dropped(character)) return;
  char16_t letter = u'?';
  for (const Row& row : replacements)
    if (character >= row.first && character - row.first < row.letters.size())
      letter = row.letters[character - row.first];
  if (letter == u'?') folded += bytes;
  if (letter == u'?' || letter == u' ') return;
  if (letter != u'*') append(folded, letter);
  for (const Ligature& ligature : ligatures)
    if (ligature.character == character)
      for (const char16_t part : ligature.letters) append(folded, part);
}

std::string letters_of(std::string_view name) {
  std::string folded;
  while (!name.empty()) {
    const Utf8 next = utf8_at(name);
    if (next.kind != Utf8::Kind::valid)
      folded += name.front();  // not UTF-8, e.g. Latin-1: kept
    else if (next.length == 1)
      append_ascii(folded, name.front());
    else
      append_non_ascii(folded, next.character, name.substr(0, next.length));
    name.remove_prefix(std::max<std::size_t>(next.length, 1));
  }
  return folded;
}

// Whether the part after a comma is a suffix, not a first name.
bool is_suffix(std::string_view folded) {
  constexpr std::array<std::string_view, 7> suffixes = {"jr", "sr",  "junior", "senior",
                                                        "ii", "iii", "iv"};
  return std::ranges::find(suffixes, folded) != suffixes.end();
}

}  // namespace

std::string fold_name(std::string_view name) {
  const std::string surname = letters_of(name.substr(0, name.find(',')));
  std::string first_names;
  std::string suffix;
  for (std::size_t comma; (comma = name.find(',')) != std::string_view::npos;) {
    name.remove_prefix(comma + 1);
    const std::string part = letters_of(name.substr(0, name.find(',')));
    (is_suffix(part) ? suffix : first_names) += part;
  }
  return first_names + surname + suffix;
}

}  // namespace netlab
