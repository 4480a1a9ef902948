#include "protocol/guess/number_riddle.h"

#include <fmt/core.h>

#include <stdexcept>

#include "base/decimal.h"

namespace netlab {
namespace {

class Number : public Riddle {
 public:
  Number(NumberRange range, std::uint64_t secret) : range_(range), secret_(secret) {}

  std::string question() const override {
    return fmt::format("Guess a number from {} to {}.", range_.first, range_.last);
  }
  bool needs_no_question() const override { return true; }
  Judgement judge(std::string_view guess) const override {
    const auto number = parse_decimal(guess);
    if (!number || *number < range_.first || *number > range_.last)
      return {Judgement::Kind::no_answer,
              fmt::format("Not a number from {} to {}", range_.first, range_.last)};
    if (*number == secret_) return {Judgement::Kind::right, ""};
    return {Judgement::Kind::wrong, *number < secret_ ? "Too low" : "Too high"};
  }
  std::string hint(std::size_t) const override { return {}; }
  std::string solution() const override { return std::to_string(secret_); }

 private:
  NumberRange range_;
  std::uint64_t secret_;
};

}  // namespace

NumberRange NumberRange::parse(std::string_view text) {
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto first = parse_decimal(text.substr(0, dash));
  const auto last = parse_decimal(text.substr(std::min(dash + 1, text.size())));
  if (!first || !last || *first > *last)
    throw std::invalid_argument("'" + std::string(text) + "' must be a range such as 1-6");
  return {*first, *last};
}

NewRiddle number_riddles(NumberRange range, const SharedRandom& random) {
  return [range, &random] {
    return std::make_unique<Number>(range, range.first + random.draw(range.last - range.first + 1));
  };
}

}  // namespace netlab
