// Folds names before they are compared, because players spell them differently: the comparison
// ignores case, accents, punctuation, blanks, and the order "surname, first name". In "name, Jr."
// the part after the comma is a suffix, not a first name.
#pragma once

#include <string>
#include <string_view>

namespace netlab {

// Returns the letters and digits of a name. Latin, Greek and Cyrillic letters become lower case
// without accents; letters of other scripts stay as they are.
std::string fold_name(std::string_view name);

}  // namespace netlab
