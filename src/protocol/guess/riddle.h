// Riddle is what is guessed in a game, free of I/O: a number, or a person.
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
    std::string words;  // unless it is right: "Too low", "Wrong", "Not a number from 1 to 6"
  };

  Riddle() = default;
  virtual ~Riddle() = default;
  Riddle(const Riddle&) = delete;
  Riddle& operator=(const Riddle&) = delete;

  virtual std::string question() const = 0;
  // Whether a guess makes sense without the question.
  virtual bool needs_no_question() const = 0;
  virtual Judgement judge(std::string_view guess) const = 0;
  // What is told after so many wrong guesses; empty: nothing more.
  virtual std::string hint(std::size_t wrong) const = 0;
  virtual std::string solution() const = 0;
};

// Thinks of another one. Called from any thread or process of the server.
using NewRiddle = std::function<std::unique_ptr<Riddle>()>;

}  // namespace netlab
