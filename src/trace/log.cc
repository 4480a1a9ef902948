#include "trace/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace netlab::log {

void start(Level level) {
  auto logger = spdlog::stderr_logger_mt("netlab");
  logger->set_pattern("netlab: %v");
  if (level == Level::quiet) logger->set_level(spdlog::level::err);
  if (level == Level::verbose) logger->set_level(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

void write_warning(fmt::string_view format, fmt::format_args arguments) {
  spdlog::warn(fmt::vformat(format, arguments));
}

void write_note(fmt::string_view format, fmt::format_args arguments) {
  spdlog::debug(fmt::vformat(format, arguments));
}

}  // namespace netlab::log
