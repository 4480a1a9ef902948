// Runs a test as under systemd's RestrictSUIDSGID=: a seccomp filter makes openat2(2) fail. The
// filter applies only to the thread that runs the test.
#pragma once

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <exception>
#include <functional>
#include <string>
#include <system_error>
#include <thread>

namespace netlab {

// Runs `test` while openat2(2) fails with `error`.
inline void without_openat2(const std::function<void()>& test, int error = ENOSYS) {
  const auto data = static_cast<__u32>(error);
  std::array<sock_filter, 4> rules = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | data),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{rules.size(), rules.data()};
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
          prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        throw std::system_error(errno, std::generic_category(), "seccomp");
      test();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

// EitherOpenat2 is a fixture for tests that run both with and without openat2(2).
class EitherOpenat2 : public testing::WithParamInterface<bool> {
 public:
  static std::string name(const testing::TestParamInfo<bool>& tested) {
    return tested.param ? "there" : "missing";
  }

 protected:
  static void run(const std::function<void()>& test) {
    if (GetParam())
      test();
    else
      without_openat2(test);
  }
};

}  // namespace netlab
