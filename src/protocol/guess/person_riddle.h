// The riddle of a famous person: a hint is given, a name is guessed.
#pragma once

#include <string>
#include <vector>

#include "protocol/guess/riddle.h"
#include "protocol/guess/shared_random.h"

namespace netlab {

struct Person {
  std::vector<std::string> names;  // the first is told, the others are accepted as well
  std::string hint;
};

// One person a line: "name | other accepted spelling | ... : hint". Blank lines and those that
// begin with "#" say nothing. Throws std::invalid_argument that names `origin` and the line: no
// name, no hint, or nobody in all of it.
std::vector<Person> parse_people(std::string_view text, const std::string& origin);

// The list that comes with netlab, in the same format.
extern const std::string_view famous_people;

// The people are not empty; they and the lots outlive it.
NewRiddle person_riddles(const std::vector<Person>& people, const SharedRandom& lots);

}  // namespace netlab
