// Names are compared as people write them: without regard to case, accents, punctuation, blanks, or
// the order "surname, first name" ("name, Jr." is no such).
#pragma once

#include <string>
#include <string_view>

namespace netlab {

// What is left of a name: its letters, those of Latin, Greek and Cyrillic script small and without
// their accents, and digits. Letters of other scripts stay as they are.
std::string fold_name(std::string_view name);

}  // namespace netlab
