// The folding of names as people write them.
#include "protocol/guess/fold_name.h"

#include <algorithm>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "fuzz/printable.h"

namespace netlab {
namespace {

std::string in_capitals(std::string_view name) {
  std::string capitals(name);
  for (char& letter : capitals)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return capitals;
}

// Adds punctuation after each character.
std::string spread(std::string_view name) {
  std::string spread = ".";
  while (!name.empty()) {
    const std::size_t length = printable_length(name);
    spread.append(name.substr(0, length)) += " -";
    name.remove_prefix(length);
  }
  return spread;
}

void check_text(std::string_view name, const std::string& folded) {
  must(is_printable(folded), "text stays text");
  must(fold_name(folded) == folded, "what is folded stays as it is");
  must(fold_name(spread(name)) == folded, "punctuation is forgotten");

  std::string_view given = name;
  const std::string surname(take_until(given, ','));
  if (given.find(',') == std::string_view::npos)
    must(fold_name(std::string(given) + " " + surname) == folded ||
             fold_name(surname + " " + std::string(given)) == folded,
         "the surname may be first, unless no given name follows the comma");
}

void check_name(std::string_view name) {
  const std::string folded = fold_name(name);
  must(folded.size() <= name.size(), "no name grows");
  must(std::ranges::all_of(folded,
                           [](char c) {
                             return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                                    static_cast<unsigned char>(c) >= 0x80;
                           }),
       "the only ASCII left is lower-case letters and digits");
  must(fold_name(in_capitals(name)) == folded, "case is forgotten");
  if (is_printable(name)) check_text(name, folded);
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check_name(netlab::text_of(data, size));
  return 0;
}
