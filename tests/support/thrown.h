// What an expression throws, as text: tests compare the words that users read.
#pragma once

#include <exception>
#include <string>

#include "base/error.h"

namespace netlab {

// The message of the Error that `job` throws; empty when it throws none.
template <typename Error = std::exception, typename Job>
std::string thrown_by(Job&& job) {
  try {
    job();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

// The errno of the SystemError that `job` throws; 0 when it throws none.
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
