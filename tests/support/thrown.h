// Runs code and returns the error it throws, because tests compare the messages that users read.
#pragma once

#include <exception>
#include <string>

#include "base/error.h"

namespace netlab {

// The message of the Error that `job` throws; empty if it throws none.
template <typename Error = std::exception, typename Job>
std::string thrown_by(Job&& job) {
  try {
    job();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

// The errno of the SystemError that `job` throws; 0 if it throws none.
template <typename Job>
int error_of(Job&& job) {
  try {
    job();
  } catch (const SystemError& error) {
    return error.error();
  }
  return 0;
}

}  // namespace netlab
