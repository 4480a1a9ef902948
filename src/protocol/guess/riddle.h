// Riddle is the secret of one guessing game, free of I/O: a number or a person.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace netlab {

class Riddle {
 public:
  struct Judgement {
    enum class Kind { right, wrong, no_answer } kind;
    std::string words;  // unless right, e.g. "Too low", "Wrong", "Not a number from 1 to 6"
  };

  Riddle() = default;
  virtual ~Riddle() = default;
  Riddle(const Riddle&) = delete;
  Riddle& operator=(const Riddle&) = delete;

  virtual std::string question() const = 0;
  // Whether a player can guess without knowing the question.
  virtual bool needs_no_question() const = 0;
  virtual Judgement judge(std::string_view guess) const = 0;
  // Returns the hint to give after `wrong` wrong guesses, at least 1; empty: none.
  virtual std::string hint(std::size_t wrong) const = 0;
  virtual std::string solution() const = 0;
};

// Creates a riddle. Called from any thread or process of the server.
using NewRiddle = std::function<std::unique_ptr<Riddle>()>;

}  // namespace netlab
