// Options declares the options of a subcommand. It wraps CLI11, whose header takes four seconds to
// compile: only options.cc and the private headers of CommandLine include that header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace netlab {

// The smallest and the largest value that an option accepts.
struct CountRange {
  std::uint64_t min;
  std::uint64_t max;
};

class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}

  // Help lists the options declared from now on under this heading.
  void group(const std::string& heading) { group_ = heading; }

  // `names` are in CLI11's notation: "-p,--port". The values are set when the command line is
  // parsed, and must still exist then.
  void flag(const std::string& names, bool& value, const std::string& help);
  void text(const std::string& names, std::string& value, const std::string& type,
            const std::string& help);
  void text(const std::string& names, std::optional<std::string>& value, const std::string& type,
            const std::string& help);
  // Whole numbers, decimal digits only.
  void number(const std::string& names, std::uint64_t& value, CountRange range,
              const std::string& help);
  void number(const std::string& names, std::optional<std::uint64_t>& value, CountRange range,
              const std::string& help);
  // Bytes per second; the suffixes K, M and G are powers of 1024.
  void rate(const std::string& names, std::uint64_t& value, const std::string& help);
  // Seconds, optionally with a fraction.
  void seconds(const std::string& names, Duration& value, const std::string& help);
  void seconds(const std::string& names, std::optional<Duration>& value, const std::string& help);
  void choice(const std::string& names, std::string& value, const std::vector<std::string>& choices,
              const std::string& help);
  // `name` is what help shows, e.g. "HOST[:PORT]". The capitals of its last word must be unique
  // among the command's positionals. Parsing fails if a required positional is missing.
  void positional(const std::string& name, std::string& value, const std::string& help);
  void positional(const std::string& name, std::optional<std::string>& value,
                  const std::string& help);
  void required_positional(const std::string& name, std::string& value, const std::string& help);
  // Takes all the remaining words.
  void positionals(const std::string& name, std::vector<std::string>& values,
                   const std::string& help);
  void required_positionals(const std::string& name, std::vector<std::string>& values,
                            const std::string& help);
  // May be given several times; takes the words up to the next option.
  void texts(const std::string& names, std::vector<std::string>& values, const std::string& type,
             const std::string& help);
  // The value is optional. An option without one sets `value` to an empty string.
  void text_or_flag(const std::string& names, std::optional<std::string>& value,
                    const std::string& type, const std::string& help);
  // At most one of these options may be given. They must have been declared.
  void exclusive(const std::vector<std::string>& names);

 private:
  CLI::Option* add(CLI::Option* option) const;

  CLI::App& app_;
  std::string group_ = "Options";
};

}  // namespace netlab
