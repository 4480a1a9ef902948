// netlab: parses the command line, runs the subcommand, and turns an exception into one line on
// standard error and an exit status.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "cli/command_line.h"

namespace {

using netlab::CommandLine;
using netlab::ExitStatus;

int status_of(ExitStatus status) {
  return static_cast<int>(status);
}

// As in busybox, a link to the program that is named like a subcommand runs that subcommand.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const std::string program_name = std::filesystem::path(argv[0]).filename();
  for (const netlab::Command& command : netlab::commands())
    if (command.name.substr(0, command.name.find(' ')) == program_name) {
      words.insert(words.begin(), program_name);
      break;
    }
  return words;
}

// Opens /dev/null for each standard stream that is closed (`netlab ... >&-`), because otherwise a
// socket or file would get its descriptor number. The access mode is the wrong one on purpose:
// using the stream still fails with EBADF.
void fill_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0)
      open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // gets the lowest number
}

ExitStatus run(CommandLine::Parsed& parsed) {
  try {
    parsed.output.start();
    return parsed.action->run(parsed.output);
  } catch (const std::invalid_argument& error) {
    parsed.output.fail(parsed.name, error.what());
    return ExitStatus::usage;
  } catch (const std::exception& error) {
    parsed.output.fail(parsed.name, error.what());
    return ExitStatus::failed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  fill_closed_streams();
  const std::vector<std::string> words = words_of(argc, argv);
  CommandLine command_line;
  if (!words.empty() && words.front() == "__complete") {
    for (const std::string& line : command_line.completions({words.begin() + 1, words.end()}))
      std::cout << line << '\n';
    return status_of(ExitStatus::done);
  }
  if (!words.empty() && words.front() == "__man") {
    std::cout << command_line.man_page();
    return status_of(ExitStatus::done);
  }
  CommandLine::Parsed parsed = command_line.parse(words);
  if (parsed.action) parsed.status = run(parsed);
  return status_of(parsed.status);
}
