#include "cli/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include "base/bytes.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

constexpr auto first_shown_after = std::chrono::seconds(1);
constexpr auto shown_every = std::chrono::milliseconds(200);
constexpr auto event_every = std::chrono::seconds(1);

std::string bar(std::uint64_t done, std::uint64_t size) {
  constexpr std::size_t width = 30;
  const auto filled =
      static_cast<std::size_t>(static_cast<double>(done) / static_cast<double>(size) * width);
  return "[" + std::string(filled, '#') + std::string(width - filled, ' ') + "]";
}

void redraw(const std::string& line) {
  // CR moves to the start of the line; ESC [ K erases the rest of the line (ECMA-48, EL).
  call::write_all(STDERR_FILENO, bytes_of("\r" + line + "\033[K"), "standard error");
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 1023.95 would be printed as "1024.0": it becomes 1.0 of the next unit.
  for (; size >= 1023.95; size /= 1024) ++unit;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", size, units[unit]);
}

void Progress::update(std::uint64_t done, std::uint64_t size) {
  if (!is_terminal_ && !events_) return;
  if (!std::exchange(has_first_, true)) first_done_ = done;
  const Instant now = now_();
  const Duration pause = events_ ? event_every : shown_every;
  if (now - started_ < first_shown_after || now - last_shown_ < pause) return;
  last_shown_ = now;
  const double elapsed = in_seconds(now - started_);
  const double rate = static_cast<double>(done - first_done_) / elapsed;
  if (events_)
    output_.event({"progress",
                   "",
                   {{"bytes", done}, {"size", size}, {"rate", static_cast<std::uint64_t>(rate)}}});
  else
    show(done, size, rate);
}

void Progress::show(std::uint64_t done, std::uint64_t size, double rate) {
  shown_ = true;
  const std::string per_second = size_text(static_cast<std::uint64_t>(rate)) + "/s";
  if (size == 0 || rate <= 0) {
    redraw(size_text(done) + "  " + per_second);
    return;
  }
  redraw(fmt::format("{} {} of {}  {}  {:.0f} s left", bar(done, size), size_text(done),
                     size_text(size), per_second, static_cast<double>(size - done) / rate));
}

void Progress::clear() {
  if (std::exchange(shown_, false)) redraw("");
}

Progress::~Progress() {
  try {
    clear();
  } catch (const std::exception&) {
    // A destructor must not throw.
  }
}

}  // namespace netlab
