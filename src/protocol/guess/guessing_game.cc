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

bool begins_like(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         strncasecmp(text.data(), start.data(), start.size()) == 0;  // as students may write it
}

bool is_like(std::string_view text, std::string_view other) {
  return text.size() == other.size() && begins_like(text, other);
}

// Without the line's end that nc sends, and blanks.
// As an answer names it.
std::string in_quotes(std::string_view guess) {
  return "\"" + escaped_start(guess, max_guess) + "\"";
}

std::string tries_text(std::size_t tries) {
  return tries == 1 ? "1 try" : fmt::format("{} tries", tries);
}

class Guess : public Conversation {
 public:
  Guess(const NewRiddle& think, std::size_t tries) : think_(think), tries_(tries) {}

  std::optional<std::string> greeting() override {
    begin();
    return question();
  }

  // Who ends a message with a line's end, as nc does, gets answers with one.
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
      // Nobody can have guessed what was not asked: the message was to wake the server.
      if (!riddle_->needs_no_question() || !is_answer(guess)) first_message_ = guess;
    }
    if (guess == first_message_) return {question()};
    // The same message again is the same turn: it was repeated, or its answer was lost.
    if (const auto played = played_.find(guess); played != played_.end()) return played->second;
    if (over()) return {told_that_it_is_over()};
    return play(guess);
  }

  // When the game is over, the greeting that was said last may be a copy of that, come late: it
  // begins no other game, in which late copies of the guesses would be played.
  std::string answer_to_greeting(const std::string& greeting) {
    const bool again = is_like(greeting, another_hello);
    if (over() && again == said_again_) return told_that_it_is_over();
    said_again_ = again;
    if (over()) begin();
    return question();
  }

  std::string told_that_it_is_over() const {
    const std::string other = said_again_ == false ? "\"hello again\"" : "hello";
    return fmt::format("The game is over: it was {}. Say {} for another.", riddle_->solution(),
                       other);
  }

  void begin() {
    riddle_ = think_();
    played_.clear();
    first_message_.reset();
    left_ = tries_;
    won_ = false;
  }

  bool over() const { return !riddle_ || won_ || left_ == 0; }

  std::string question() const {
    return fmt::format("{} You have {}.", riddle_->question(), tries_text(left_));
  }

  bool is_answer(const std::string& guess) const {
    return guess.size() <= max_guess &&
           riddle_->judge(guess).kind != Riddle::Judgement::Kind::no_answer;
  }

  Answer play(const std::string& guess) {
    using Kind = Riddle::Judgement::Kind;
    const std::string named = in_quotes(guess);
    if (guess.size() > max_guess) return {"Too long: " + named + "."};
    const Riddle::Judgement judgement = riddle_->judge(guess);
    if (judgement.kind == Kind::no_answer) return {judgement.words + ": " + named + "."};
    if (judgement.kind == Kind::right) {
      won_ = true;
      return played_[guess] = {fmt::format("{}: {} is right.", winning, named), true};
    }
    if (--left_ == 0)
      return played_[guess] = {
                 fmt::format("{}: {} is wrong. It was {}.", losing, named, riddle_->solution()),
                 true};
    const std::string hint = riddle_->hint(tries_ - left_);
    return played_[guess] = {fmt::format("{}: {}. {} left.{}{}", judgement.words, named,
                                         tries_text(left_), hint.empty() ? "" : " ", hint)};
  }

  const NewRiddle think_;
  const std::size_t tries_;
  std::unique_ptr<Riddle> riddle_;
  std::map<std::string, Answer> played_;  // at most `tries_` guesses
  std::optional<std::string> first_message_;
  std::optional<bool> said_again_;  // whether the last greeting was "hello again"
  std::size_t left_ = 0;
  bool won_ = false;
};

}  // namespace

bool is_greeting(std::string_view message) {
  const std::string_view words = trimmed(message);
  return words.empty() || is_like(words, hello) || is_like(words, another_hello);
}

bool names_guess(std::string_view answer, std::string_view guess) {
  return answer.find(in_quotes(trimmed(guess))) != std::string_view::npos;
}

NewConversation guess_game(NewRiddle think, std::size_t tries) {
  return [think = std::move(think), tries] { return std::make_unique<Guess>(think, tries); };
}

GameEnd game_end(std::string_view message) {
  if (begins_like(message, winning)) return GameEnd::won;
  if (begins_like(message, losing)) return GameEnd::lost;
  return GameEnd::none;
}

}  // namespace netlab
