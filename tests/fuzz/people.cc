// A list of people to guess, and the riddle of each.
#include "protocol/guess/person_riddle.h"

#include <stdexcept>

#include "fuzz/accepted.h"
#include "fuzz/input.h"
#include "protocol/guess/fold_name.h"

namespace netlab {
namespace {

std::string written(const std::vector<Person>& people) {
  std::string text;
  for (const Person& person : people) {
    for (const std::string& name : person.names) text += name + "|";
    text += ":" + person.hint + "\n";
  }
  return text;
}

void check_riddle(const Person& person) {
  const SharedRandom random(1);
  const std::vector<Person> alone{person};
  const auto riddle = person_riddles(alone, random)();
  must(riddle->question().ends_with(person.hint), "the hint is in the question");
  must(riddle->solution() == person.names.front(), "the solution is the first name");
  using Kind = Riddle::Judgement::Kind;
  for (const std::string& name : person.names)
    must(riddle->judge(name).kind == Kind::right, "each name of a person is right");
  must(riddle->judge("").kind == Kind::no_answer, "an empty guess is no answer");
  must(riddle->hint(2).starts_with(riddle->hint(1)), "the second hint extends the first");
}

void check_people(std::string_view text) {
  const auto people = accepted<std::invalid_argument>([&] { return parse_people(text, "list"); });
  if (!people) return;
  must(!people->empty(), "a list is not empty");
  for (const Person& person : *people) {
    must(!person.names.empty() && !person.hint.empty(), "a person has a name and a hint");
    for (const std::string& name : person.names)
      must(!fold_name(name).empty(), "a name has letters");
    check_riddle(person);
  }
  must(written(parse_people(written(*people), "list")) == written(*people),
       "people are read as they were written");
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check_people(netlab::text_of(data, size));
  return 0;
}
