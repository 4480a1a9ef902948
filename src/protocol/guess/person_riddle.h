// The riddle of a famous person: the question is a hint, the player guesses the name.
#pragma once

#include <string>
#include <vector>

#include "protocol/guess/riddle.h"
#include "protocol/guess/shared_random.h"

namespace netlab {

struct Person {
  std::vector<std::string> names;  // the first is the solution shown; all are accepted
  std::string hint;
};

// Parses a list with one person per line: "name | other accepted spelling | ... : hint". Skips
// blank lines and those that start with "#". Throws std::invalid_argument if a name or a hint is
// missing, or if the list is empty. The message starts with `origin`, e.g. the file, and the line
// number.
std::vector<Person> parse_people(std::string_view text, const std::string& origin);

// The built-in list, in the same format.
extern const std::string_view famous_people;

// `people` must not be empty. `people` and `random` must outlive the result.
NewRiddle person_riddles(const std::vector<Person>& people, const SharedRandom& random);

}  // namespace netlab
