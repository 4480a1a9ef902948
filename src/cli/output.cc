#include "cli/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf8.h"
#include "socket/syscalls.h"
#include "trace/log.h"
#include "trace/strace_text.h"

namespace netlab {
namespace {

std::string to_line(const std::string& text) {
  return text + '\n';
}

void write_to_stdout(std::string_view bytes) {
  call::write_all(STDOUT_FILENO, bytes_of(bytes), "standard output");
}

void write_to_stderr(std::string_view bytes) {
  try {
    call::write_all(STDERR_FILENO, bytes_of(bytes), "standard error");
  } catch (const SystemError&) {
    // There is nowhere else to report it.
  }
}

// JSON only requires escapes for C0 controls, but a terminal also obeys the other controls.
std::string without_controls(std::string_view json) {
  std::string safe;
  while (!json.empty()) {
    const Utf8 next = utf8_at(json);
    if (is_control(next.character))
      safe += fmt::format("\\u{:04x}", next.character);
    else
      safe += json.substr(0, next.length);
    json.remove_prefix(next.length);
  }
  return safe;
}

std::string to_json(const Event& event) {
  nlohmann::ordered_json object;
  object["event"] = event.name;
  for (const auto& [key, value] : event.fields)
    std::visit([&object, name = std::string(key)](const auto& held) { object[name] = held; },
               value);
  // Names and messages may be invalid UTF-8. Invalid bytes become U+FFFD.
  return without_controls(
      object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace

void Output::start() {
  log::start(quiet ? log::Level::quiet : verbose ? log::Level::verbose : log::Level::normal);
  if (!trace) return;
  static auto& text = *new trace::StraceText;  // never destroyed, because calls may still be traced
  trace::start(text);
}

void Output::always(const Event& event) const {
  write_to_stdout(to_line(json ? to_json(event) : event.text));
}

void Output::event(const Event& event) const {
  if (!quiet) always(event);
}

EventSink Output::sink() const {
  if (quiet) return {};
  const auto line_of = [this](const Event& event) {
    return to_line(json ? to_json(event) : printable(event.text));
  };
  return [line_of](const Event& event) {
    try {
      write_to_stdout(line_of(event));
    } catch (const SystemError& error) {
      log::note("{}", error.what());
    }
  };
}

void Output::fail(std::string_view command, std::string_view why) const {
  const std::string_view red = colored() ? "\033[1;31m" : "";
  const std::string_view plain = colored() ? "\033[0m" : "";
  const std::string_view space = command.empty() ? "" : " ";
  const std::string shown = printable(why);
  write_to_stderr(fmt::format("{}netlab{}{}:{} {}\n", red, space, command, plain, shown));
  if (!json || stdout_has_file_) return;
  try {
    always({"error", "", {{"command", std::string(command)}, {"message", shown}}});
  } catch (const SystemError&) {
    // Standard error already has the message.
  }
}

void Output::note(std::string_view line) const {
  if (!quiet) write_to_stderr(to_line(printable(line)));
}

bool Output::stderr_is_tty() const {
  return !quiet && !json && isatty(STDERR_FILENO);
}

bool Output::colored() const {
  if (color != "auto") return color == "always";
  const char* const no_color = std::getenv("NO_COLOR");  // https://no-color.org
  return isatty(STDERR_FILENO) && (!no_color || *no_color == '\0');
}

RawResult::RawResult() {
  if (isatty(STDOUT_FILENO)) escaper_.emplace(Escaper::of_lines());
}

void RawResult::write(std::string_view bytes) {
  if (!escaper_) {
    write_to_stdout(bytes);
    return;
  }
  const std::string shown = escaper_->next(bytes);
  if (!shown.empty()) ends_line_ = shown.ends_with('\n');
  write_to_stdout(shown);
}

void RawResult::finish_line() {
  if (escaper_)
    finish();
  else
    write_to_stdout("\n");
}

void RawResult::finish() {
  if (!escaper_) return;
  const std::string rest = escaper_->rest();
  if (!rest.empty() || !ends_line_) write_to_stdout(to_line(rest));
}

}  // namespace netlab
