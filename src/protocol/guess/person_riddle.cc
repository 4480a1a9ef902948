#include "protocol/guess/person_riddle.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "base/trim.h"
#include "protocol/guess/fold_name.h"

namespace netlab {
namespace {

// Removes the part before the first `mark`, and the mark, from the front of a text. Returns the
// part.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

Person parse_person(std::string_view line) {
  Person person;
  std::string_view names = take_until(line, ':');
  person.hint = trimmed(line);
  if (person.hint.empty()) throw std::invalid_argument("missing hint (NAME | ... : HINT)");
  do {
    const std::string_view name = trimmed(take_until(names, '|'));
    if (fold_name(name).empty()) throw std::invalid_argument("missing name");
    person.names.emplace_back(name);
  } while (!names.empty());
  return person;
}

class WhoIsIt : public Riddle {
 public:
  explicit WhoIsIt(const Person& person) : person_(person) {}

  std::string question() const override { return "Who is it? " + person_.hint; }
  bool needs_no_question() const override { return false; }
  Judgement judge(std::string_view guess) const override {
    const std::string folded = fold_name(guess);
    if (folded.empty()) return {Judgement::Kind::no_answer, "Not a name"};
    const bool right = std::ranges::any_of(
        person_.names, [&](const std::string& name) { return fold_name(name) == folded; });
    return {right ? Judgement::Kind::right : Judgement::Kind::wrong, "Wrong"};
  }
  // The initials; after the second wrong guess also the number of letters.
  std::string hint(std::size_t wrong) const override {
    std::string initials;
    std::string_view words = person_.names.front();
    while (!words.empty())
      if (const std::string word = fold_name(take_until(words, ' ')); !word.empty())
        initials += fmt::format(" {}.", initial_of(word));
    if (wrong == 1) return "The initials are" + initials;
    return fmt::format("The initials are{} ({} letters)", initials, letters());
  }
  std::string solution() const override { return person_.names.front(); }

 private:
  // Returns the first character, in upper case if it is ASCII.
  static std::string initial_of(const std::string& word) {
    std::size_t length = 1;
    while (length < word.size() && static_cast<unsigned char>(word[length]) >> 6 == 2) ++length;
    std::string initial = word.substr(0, length);
    if (initial[0] >= 'a' && initial[0] <= 'z') initial[0] = static_cast<char>(initial[0] - 32);
    return initial;
  }
  std::size_t letters() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(fold_name(person_.names.front()), [](char byte) {
          return static_cast<unsigned char>(byte) >> 6 != 2;  // a character's first byte
        }));
  }

  const Person& person_;
};

}  // namespace

std::vector<Person> parse_people(std::string_view text, const std::string& origin) {
  std::vector<Person> people;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = trimmed(take_until(text, '\n'));
    if (line.empty() || line.starts_with('#')) continue;
    try {
      people.push_back(parse_person(line));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("{}:{}: {}", origin, number, error.what()));
    }
  }
  if (people.empty()) throw std::invalid_argument(origin + ": no people listed");
  return people;
}

NewRiddle person_riddles(const std::vector<Person>& people, const SharedRandom& random) {
  return
      [&people, &random] { return std::make_unique<WhoIsIt>(people[random.draw(people.size())]); };
}

}  // namespace netlab
