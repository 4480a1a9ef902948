// Options declares a subcommand's options. It is a thin front of CLI11, whose one header takes four
// seconds to compile: it is included in options.cc and in parse.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace CLI {
class App;
}

namespace netlab {

class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}

  // `names` as CLI11 writes them: "-p,--port". The values are set when the command line is parsed.
  void flag(const std::string& names, bool& value, const std::string& help);
  void text(const std::string& names, std::string& value, const std::string& type,
            const std::string& help);
  void text(const std::string& names, std::optional<std::string>& value, const std::string& type,
            const std::string& help);
  void number(const std::string& names, std::uint64_t& value, std::uint64_t most,
              const std::string& help);
  void number(const std::string& names, std::optional<std::uint64_t>& value, std::uint64_t most,
              const std::string& help);
  // Bytes a second; K, M and G behind the number are powers of 1024.
  void rate(const std::string& names, std::uint64_t& value, const std::string& help);
  // Seconds, with a fraction if need be.
  void seconds(const std::string& names, Duration& value, const std::string& help);
  void seconds(const std::string& names, std::optional<Duration>& value, const std::string& help);
  void choice(const std::string& names, std::string& value, const std::vector<std::string>& among,
              const std::string& help);
  // `name` as help shows it: "HOST[:PORT]". It must begin with a word in capitals that is unique
  // among the command's positionals.
  void positional(const std::string& name, std::string& value, const std::string& help);
  void positional(const std::string& name, std::optional<std::string>& value,
                  const std::string& help);
  // All the words that are left.
  void positionals(const std::string& name, std::vector<std::string>& values,
                   const std::string& help);
  // May be given several times, and takes the words up to the next option.
  void texts(const std::string& names, std::vector<std::string>& values, const std::string& type,
             const std::string& help);
  // May be given without a value, which is then empty.
  void text_or_flag(const std::string& names, std::optional<std::string>& value,
                    const std::string& type, const std::string& help);
  // At most one of these, which have been declared, may be given.
  void exclusive(const std::vector<std::string>& names);

 private:
  CLI::App& app_;
};

}  // namespace netlab
