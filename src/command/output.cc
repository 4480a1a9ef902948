#include "command/output.h"

#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "socket/bytes.h"
#include "socket/calls.h"
#include "socket/error.h"
#include "trace/log.h"
#include "trace/trace.h"

namespace netlab {
namespace {

std::string to_line(const std::string& text) {
  return text + '\n';
}

void write_result(std::string_view bytes) {
  call::write_all(STDOUT_FILENO, bytes_of(bytes), "standard output");
}

void write_remark(std::string_view bytes) {
  try {
    call::write_all(STDERR_FILENO, bytes_of(bytes), "standard error");
  } catch (const SystemError&) {
    // What can't be told on standard error can't be told at all.
  }
}

std::string to_json(const Event& event) {
  nlohmann::ordered_json object;
  object["event"] = event.name;
  for (const auto& [key, value] : event.fields)
    std::visit([&object, name = std::string(key)](const auto& held) { object[name] = held; },
               value);
  // Names and messages need not be UTF-8: what is not becomes U+FFFD.
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void Output::start() {
  log::start(quiet ? log::Level::quiet : verbose ? log::Level::verbose : log::Level::normal);
  if (trace) trace::enable();
}

void Output::announce(const Event& event) const {
  write_result(to_line(json ? to_json(event) : event.text));
}

void Output::tell(const Event& event) const {
  if (!quiet) announce(event);
}

Tell Output::teller() const {
  if (quiet) return {};
  const auto line_of = [this](const Event& event) {
    return to_line(json ? to_json(event) : printable(event.text));
  };
  return [line_of](const Event& event) {
    try {
      write_result(line_of(event));
    } catch (const SystemError& error) {
      log::note("{}", error.what());
    }
  };
}

void Output::fail(std::string_view command, std::string_view why) const {
  const std::string name = "netlab" + (command.empty() ? "" : " " + std::string(command));
  const std::string red = colored() ? "\033[1;31m" : "";
  const std::string plain = colored() ? "\033[0m" : "";
  const std::string shown = printable(why);
  write_remark(to_line(red + name + ":" + plain + " " + shown));
  if (!json || is_for_bytes_) return;
  try {
    announce({"error", "", {{"command", std::string(command)}, {"message", shown}}});
  } catch (const SystemError&) {
    // It has been told on standard error.
  }
}

void Output::remark(std::string_view line) const {
  if (!quiet) write_remark(to_line(printable(line)));
}

bool Output::watched() const {
  return !quiet && !json && isatty(STDERR_FILENO);
}

bool Output::colored() const {
  if (color != "auto") return color == "always";
  const char* const no_color = std::getenv("NO_COLOR");  // https://no-color.org
  return isatty(STDERR_FILENO) && (!no_color || *no_color == '\0');
}

RawResult::RawResult() {
  if (isatty(STDOUT_FILENO)) escaper_.emplace();
}

void RawResult::write(std::string_view bytes) {
  write_result(escaper_ ? escaper_->next(bytes) : bytes);
}

void RawResult::finish_line() {
  write_result(to_line(escaper_ ? escaper_->rest() : ""));
}

void RawResult::finish() {
  if (escaper_) write_result(to_line(escaper_->rest()));
}

}  // namespace netlab
