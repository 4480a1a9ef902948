// The result of a parser, if it accepts a text. Other exceptions are not caught: they are crashes.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "fuzz/must.h"
#include "fuzz/printable.h"

namespace netlab {

// Returns nothing if the parser throws an Error.
template <typename Error, typename Parse>
std::optional<std::invoke_result_t<Parse>> accepted(Parse parse) {
  try {
    return parse();
  } catch (const Error& error) {
    const std::string_view words = error.what();
    if (!std::is_base_of_v<ProtocolError, Error>) return std::nullopt;
    must(is_printable(words), "what is quoted of a peer is escaped");
    must(words.size() < 1024, "what is quoted of a peer is short");
    return std::nullopt;
  }
}

}  // namespace netlab
