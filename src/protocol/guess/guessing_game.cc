#include "protocol/guess/guessing_game.h"

#include <fmt/core.h>
#include <strings.h>

#include <map>

#include "base/escape.h"
#include "base/trim.h"

namespace netlab {
namespace {

constexpr std::string_view winning = "You win";
constexpr std::string_view losing = "You lose";
constexpr std::string_view hello = "hello";
constexpr std::string_view another_hello = "hello again";

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && strncasecmp(text.data(), start.data(), start.size()) ==
                                            0;  // in any case, as in students' servers
}

bool equals_ignoring_case(std::string_view text, std::string_view other) {
  return text.size() == other.size() && starts_with_ignoring_case(text, other);
}

// Returns a guess as replies quote it.
std::string in_quotes(std::string_view guess) {
  return "\"" + escaped_start(guess, max_guess) + "\"";
}

std::string tries_text(std::size_t tries) {
  return tries == 1 ? "1 try" : fmt::format("{} tries", tries);
}

class Guess : public Conversation {
 public:
  Guess(const NewRiddle& new_riddle, std::size_t tries) : new_riddle_(new_riddle), tries_(tries) {}

  std::optional<std::string> greeting() override {
    begin();
    return question();
  }

  // A message that ends with LF, as nc sends it, gets a reply that ends with LF.
  Answer answer(std::string_view message) override {
    Answer answer = answer_to(std::string(trimmed(message)));
    if (message.ends_with('\n')) *answer.text += '\n';
    return answer;
  }

 private:
  Answer answer_to(const std::string& guess) {
    if (is_greeting(guess)) return {answer_to_greeting(guess)};
    if (!riddle_) {
      begin();
      // A guess makes no sense before the question, so this message only starts the game.
      if (!riddle_->needs_no_question() || !is_answer(guess)) first_message_ = guess;
    }
    if (guess == first_message_) return {question()};
    // A repeated guess is the same turn: it was duplicated, or retransmitted because the reply was
    // lost.
    if (const auto played = played_.find(guess); played != played_.end()) return played->second;
    if (over()) return {game_over_text()};
    return play(guess);
  }

  // After a game, a greeting equal to the last one may be a late duplicate of it. It starts no new
  // game, because late duplicates of the guesses would be played in that game.
  std::string answer_to_greeting(const std::string& greeting) {
    const bool again = equals_ignoring_case(greeting, another_hello);
    if (over() && again == greeted_again_) return game_over_text();
    greeted_again_ = again;
    if (over()) begin();
    return question();
  }

  std::string game_over_text() const {
    const std::string other = greeted_again_ == false ? "\"hello again\"" : "hello";
    return fmt::format("The game is over: it was {}. Say {} for another.", riddle_->solution(),
                       other);
  }

  void begin() {
    riddle_ = new_riddle_();
    played_.clear();
    first_message_.reset();
    tries_left_ = tries_;
    won_ = false;
  }

  bool over() const { return !riddle_ || won_ || tries_left_ == 0; }

  std::string question() const {
    return fmt::format("{} You have {}.", riddle_->question(), tries_text(tries_left_));
  }

  bool is_answer(const std::string& guess) const {
    return guess.size() <= max_guess &&
           riddle_->judge(guess).kind != Riddle::Judgement::Kind::no_answer;
  }

  Answer play(const std::string& guess) {
    using Kind = Riddle::Judgement::Kind;
    const std::string quoted_guess = in_quotes(guess);
    if (guess.size() > max_guess) return {"Too long: " + quoted_guess + "."};
    const Riddle::Judgement judgement = riddle_->judge(guess);
    if (judgement.kind == Kind::no_answer) return {judgement.words + ": " + quoted_guess + "."};
    if (judgement.kind == Kind::right) {
      won_ = true;
      return played_[guess] = {fmt::format("{}: {} is right.", winning, quoted_guess), true};
    }
    if (--tries_left_ == 0)
      return played_[guess] = {fmt::format("{}: {} is wrong. It was {}.", losing, quoted_guess,
                                           riddle_->solution()),
                               true};
    const std::string hint = riddle_->hint(tries_ - tries_left_);
    return played_[guess] = {fmt::format("{}: {}. {} left.{}{}", judgement.words, quoted_guess,
                                         tries_text(tries_left_), hint.empty() ? "" : " ", hint)};
  }

  const NewRiddle new_riddle_;
  const std::size_t tries_;
  std::unique_ptr<Riddle> riddle_;
  std::map<std::string, Answer> played_;      // the reply to each guess; at most `tries_`
  std::optional<std::string> first_message_;  // that started the game and was not a guess
  std::optional<bool> greeted_again_;         // whether the last greeting was "hello again"
  std::size_t tries_left_ = 0;
  bool won_ = false;
};

}  // namespace

bool is_greeting(std::string_view message) {
  const std::string_view words = trimmed(message);
  return words.empty() || equals_ignoring_case(words, hello) ||
         equals_ignoring_case(words, another_hello);
}

bool names_guess(std::string_view answer, std::string_view guess) {
  return answer.find(in_quotes(trimmed(guess))) != std::string_view::npos;
}

NewConversation guess_game(NewRiddle new_riddle, std::size_t tries) {
  return [new_riddle = std::move(new_riddle), tries] {
    return std::make_unique<Guess>(new_riddle, tries);
  };
}

GameEnd game_end(std::string_view message) {
  if (starts_with_ignoring_case(message, winning)) return GameEnd::won;
  if (starts_with_ignoring_case(message, losing)) return GameEnd::lost;
  return GameEnd::none;
}

}  // namespace netlab
