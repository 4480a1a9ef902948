// Calculator is the worked example of docs/architecture.md: a message protocol in one file.
// tests/tidy_test.py checks that the page shows this class verbatim.
#pragma once

#include <charconv>

#include "protocol/message/conversation.h"

namespace netlab {

class Calculator : public Conversation {
 public:
  std::optional<std::string> greeting() override { return "Numbers to add, one a message; bye"; }

  Answer answer(std::string_view message) override {
    if (message == "bye") return {"The sum is " + std::to_string(sum_), true};
    long number = 0;
    const char* const end = message.data() + message.size();
    const auto [stop, error] = std::from_chars(message.data(), end, number);
    if (error != std::errc() || stop != end) return {"Not a number"};
    if (__builtin_add_overflow(sum_, number, &sum_)) return {"Too large", true};
    return {std::to_string(sum_)};
  }

 private:
  long sum_ = 0;
};

}  // namespace netlab
