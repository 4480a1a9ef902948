// PerDirection declares the impairment options of `netlab impair` from a table with one row per
// option. An option applies to both directions (--loss 10%), unless --up or --down sets it for one
// direction (--up loss=20%,delay=5ms).
#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "cli/parse_values.h"

namespace netlab {

template <typename Settings>
struct Setting {
  std::string_view name;  // "loss"
  std::string_view type;  // "PERCENT"
  std::string_view help;
  // Throws std::invalid_argument "'TEXT' must be ...".
  void (*set)(Settings& settings, const std::string& text);
  // Without --up, the option applies only to what the server sends.
  bool only_down = false;
};

template <typename Settings>
class PerDirection {
 public:
  explicit PerDirection(std::span<const Setting<Settings>> rows)
      : rows_(rows), common_(rows.size()) {}

  void declare(Options& options) {
    options.group("Impairment");
    for (std::size_t i = 0; i < rows_.size(); ++i)
      options.text("--" + std::string(rows_[i].name), common_[i], std::string(rows_[i].type),
                   std::string(rows_[i].help));
    options.text("--up", up_, "NAME=VALUE,...",
                 "these settings, only from the clients to the server, e.g. delay=20ms,rate=1M");
    options.text("--down", down_, "NAME=VALUE,...",
                 "the same, only from the server to the clients");
  }

  // Throw std::invalid_argument.
  Settings up() const { return settings(true); }
  Settings down() const { return settings(false); }

 private:
  Settings settings(bool up) const {
    Settings settings;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (common_[i] && !(up && rows_[i].only_down))
        set(settings, rows_[i], "--" + std::string(rows_[i].name), *common_[i]);
    if (const auto& own = up ? up_ : down_) set_all(settings, up ? "--up" : "--down", *own);
    return settings;
  }

  static void set(Settings& settings, const Setting<Settings>& row, const std::string& option,
                  const std::string& value) {
    of_option(option, [&] { row.set(settings, value); });
  }

  // Parses "loss=10%,drop=3,5,delay=4ms". A part without a name belongs to the value before it.
  void set_all(Settings& settings, const std::string& option, const std::string& text) const {
    for (std::size_t start = 0; start <= text.size();) {
      const std::size_t equals = text.find('=', start);
      if (equals == std::string::npos) throw_must_be(option, text.substr(start), "NAME=VALUE");
      const std::size_t next = text.find('=', equals + 1);
      const std::size_t end = next == std::string::npos ? text.size() : text.rfind(',', next);
      const std::string name = text.substr(start, equals - start);
      if (end == std::string::npos || end <= equals)
        throw std::invalid_argument(option + ": " + name + ": the value has a second '='");
      set(settings, row_named(name, option), option + " " + name,
          text.substr(equals + 1, end - equals - 1));
      start = end + 1;
    }
  }

  const Setting<Settings>& row_named(const std::string& name, const std::string& option) const {
    std::string names;
    for (const Setting<Settings>& row : rows_) {
      if (row.name == name) return row;
      names += (names.empty() ? "" : ", ") + std::string(row.name);
    }
    throw_must_be(option, name, "one of " + names);
  }

  [[noreturn]] static void throw_must_be(const std::string& option, const std::string& text,
                                         const std::string& what) {
    throw std::invalid_argument(option + ": " + must_be(text, what).what());
  }

  std::span<const Setting<Settings>> rows_;
  std::vector<std::optional<std::string>> common_;  // one per row
  std::optional<std::string> up_;
  std::optional<std::string> down_;
};

}  // namespace netlab
