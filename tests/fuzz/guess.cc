// The guessing game: each line of the input is a message of the player; then all of it is one
// message.
#include "protocol/guess/guessing_game.h"

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "fuzz/printable.h"
#include "protocol/guess/number_riddle.h"
#include "protocol/guess/person_riddle.h"

namespace netlab {
namespace {

void check_turn(Conversation& game, std::string_view message) {
  const Conversation::Answer answer = game.answer(message);
  must(answer.text.has_value(), "every message is answered");
  std::string_view line = *answer.text;
  if (message.ends_with('\n')) {
    must(line.ends_with('\n'), "a line is answered with a line");
    line.remove_suffix(1);
  }
  must(is_printable(line), "an answer is printable UTF-8");
  must(answer.text->size() <= 4 * max_guess + 300, "an answer is short");
  must(answer.over == (game_end(*answer.text) != GameEnd::none),
       "the text of the answer shows whether the game is over");
  const Conversation::Answer again = game.answer(message);
  must(again.text == answer.text && again.over == answer.over, "no turn is played twice");
}

void check_game(std::string_view input) {
  static const std::vector<Person> people = parse_people(famous_people, "the famous people");
  const SharedRandom random(1);
  const unsigned char flags = take_byte(input);
  const std::size_t tries = 1 + flags / 4 % 4;
  const auto game = guess_game(
      flags & 1 ? person_riddles(people, random) : number_riddles({1, 6}, random), tries)();
  if (flags & 2) must(is_printable(game->greeting().value()), "a greeting is printable UTF-8");
  const std::string_view all = input;
  while (!input.empty()) check_turn(*game, take_until(input, '\n'));
  check_turn(*game, all);
  game_end(all);
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check_game(netlab::text_of(data, size));
  return 0;
}
