// Each test sandboxes a child process, which reports through a pipe what it could do.
#include "file/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <thread>

#include "base/bytes.h"
#include "base/error.h"
#include "socket/syscalls.h"
#include "support/temporary_directory.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;

const char* const no_landlock = "the kernel has no Landlock, or lacks this feature of it";

// "done", or the symbolic name of errno.
std::string outcome(long result) {
  return result < 0 ? strerrorname_np(errno) : "done";
}
std::string outcome_of_open(const std::string& path, int flags = O_RDONLY) {
  return outcome(Fd(open(path.c_str(), flags | O_CLOEXEC, 0600)).get());
}

std::string output_of_child(const std::function<std::string()>& job) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw SystemError("pipe");
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    call::write_all(write_end.get(), bytes_of(job()), "pipe");
    _exit(0);
  }
  write_end.reset();
  std::string output(4096, '\0');
  const ssize_t got = call::read(read_end.get(), std::as_writable_bytes(std::span(output)));
  output.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  waitpid(child, nullptr, 0);
  return output;
}

class SandboxTest : public testing::Test {
 protected:
  SandboxTest() {
    fs::create_directories(directory_.path("served/sub"));
    directory_.write("secret", "secret");
    directory_.write("served/notes", "notes");
    fs::copy_file("/bin/true", directory_.path("served/program"));
    const Fd unconfined = served();
    const std::string line = output_of_child([&] { return enter_sandbox(unconfined, false); });
    const std::string mark = "(Landlock ABI ";
    const std::size_t at = line.find(mark);
    if (at != std::string::npos) abi_ = std::stoi(line.substr(at + mark.size()));
  }

  Fd served() const { return Fd(open(directory_.path("served").c_str(), O_PATH | O_CLOEXEC)); }
  // Returns the result of the job in a child that is confined to the directory.
  std::string confined(const std::function<std::string()>& job, bool writable = false) const {
    const Fd directory = served();
    return output_of_child([&] {
      enter_sandbox(directory, writable);
      return job();
    });
  }
  std::string path(const std::string& name) const { return directory_.path("served/" + name); }

  TemporaryDirectory directory_;
  int abi_ = 0;  // the kernel's Landlock ABI; 0 without Landlock
};

TEST_F(SandboxTest, ReportsTheRulesItApplied) {
  if (abi_ < 1) GTEST_SKIP() << no_landlock;
  const Fd directory = served();
  for (const bool writable : {false, true})
    EXPECT_EQ(
        output_of_child([&] { return enter_sandbox(directory, writable); }),
        SandboxRules::of(abi_, writable).text(directory_.path("served")) + "; no new privileges");
}

TEST_F(SandboxTest, AllowsReadingBeneathTheDirectory) {
  EXPECT_EQ(confined([&] { return outcome_of_open(path("notes")); }), "done");
  EXPECT_EQ(confined([&] { return outcome_of_open(path("sub")); }), "done");
}

TEST_F(SandboxTest, ForbidsReadingAnythingElse) {
  if (abi_ < 1) GTEST_SKIP() << no_landlock;
  EXPECT_EQ(confined([&] { return outcome_of_open("/etc/passwd"); }), "EACCES");
  EXPECT_EQ(confined([&] { return outcome_of_open("/sys/kernel"); }), "EACCES");
  EXPECT_EQ(confined([&] { return outcome_of_open(directory_.path("secret")); }), "EACCES");
  EXPECT_EQ(confined([&] { return outcome_of_open(path("../secret")); }), "EACCES");
  EXPECT_EQ(confined([&] { return outcome_of_open(directory_.path()); }), "EACCES");
}

TEST_F(SandboxTest, AppliesToLaterThreadsAndProcesses) {
  if (abi_ < 1) GTEST_SKIP() << no_landlock;
  const auto in_a_thread = [] {
    std::string output;
    std::thread([&] { output = outcome_of_open("/etc/passwd"); }).join();
    return output;
  };
  const auto in_a_process = [] {
    return output_of_child([] { return outcome_of_open("/etc/passwd"); });
  };
  EXPECT_EQ(confined(in_a_thread), "EACCES");
  EXPECT_EQ(confined(in_a_process), "EACCES");
}

TEST_F(SandboxTest, ForbidsWriting) {
  if (abi_ < 3) GTEST_SKIP() << no_landlock;
  const auto expect_refused = [&](const std::function<long()>& job) {
    EXPECT_EQ(confined([&] { return outcome(job()); }), "EACCES");
  };
  EXPECT_EQ(confined([&] { return outcome_of_open(path("notes"), O_WRONLY); }), "EACCES");
  EXPECT_EQ(confined([&] { return outcome_of_open(path("new"), O_RDWR | O_CREAT); }), "EACCES");
  EXPECT_EQ(confined([&] { return outcome_of_open(directory_.path("new"), O_RDWR | O_CREAT); }),
            "EACCES");
  expect_refused([&] { return truncate(path("notes").c_str(), 0); });
  expect_refused([&] { return unlink(path("notes").c_str()); });
  expect_refused([&] { return mkdir(path("new").c_str(), 0700); });
  expect_refused([&] { return rename(path("notes").c_str(), path("new").c_str()); });
  expect_refused([&] { return truncate(directory_.path("secret").c_str(), 0); });
}

TEST_F(SandboxTest, WritableAllowsWritingBeneathTheDirectory) {
  const auto all = [&] {
    std::string output = outcome_of_open(path("new"), O_RDWR | O_CREAT | O_EXCL | O_TRUNC);
    const auto report = [&](long result) { output += " " + outcome(result); };
    report(truncate(path("new").c_str(), 10));
    report(rename(path("new").c_str(), path("newer").c_str()));
    report(unlink(path("newer").c_str()));
    report(mkdir(path("made").c_str(), 0700));
    report(rmdir(path("made").c_str()));
    // Moving to another directory: ABI 1 cannot allow it.
    if (abi_ != 1) report(rename(path("notes").c_str(), path("sub/moved").c_str()));
    return output;
  };
  EXPECT_EQ(confined(all, true),
            abi_ != 1 ? "done done done done done done done" : "done done done done done done");
}

TEST_F(SandboxTest, WritableForbidsWritingElsewhere) {
  if (abi_ < 3) GTEST_SKIP() << no_landlock;
  const std::string outside = directory_.path("new");
  EXPECT_EQ(confined([&] { return outcome_of_open(outside, O_RDWR | O_CREAT); }, true), "EACCES");
  EXPECT_EQ(confined([&] { return outcome(truncate(directory_.path("secret").c_str(), 0)); }, true),
            "EACCES");
  // Moving out of the directory: EXDEV, or EACCES where more is forbidden.
  EXPECT_NE(confined([&] { return outcome(rename(path("notes").c_str(), outside.c_str())); }, true),
            "done");
  EXPECT_EQ(confined([&] { return outcome(symlink("/", path("link").c_str())); }, true), "EACCES");
}

TEST_F(SandboxTest, ForbidsExecution) {
  if (abi_ < 1) GTEST_SKIP() << no_landlock;
  const auto execute = [](const std::string& program) {
    return outcome(execl(program.c_str(), program.c_str(), static_cast<char*>(nullptr)));
  };
  for (const bool writable : {false, true}) {
    EXPECT_EQ(confined([&] { return execute("/bin/true"); }, writable), "EACCES");
    EXPECT_EQ(confined([&] { return execute(path("program")); }, writable), "EACCES");
  }
}

TEST_F(SandboxTest, KeepsTheListenerButForbidsNewConnections) {
  if (abi_ < 4) GTEST_SKIP() << no_landlock;
  const Fd listener = call::socket(AF_INET, SOCK_STREAM);
  call::bind(listener.get(), Address::loopback(0));
  call::listen(listener.get(), 5);
  const Address there = call::local_address(listener.get());
  const Fd client = call::socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(call::connect(client.get(), there), 0);
  const auto call_as = [&](auto call) {
    return confined([&] {
      const Fd fd = call::socket(AF_INET, SOCK_STREAM);
      return outcome(call(fd.get(), there.raw(), there.raw_size()));
    });
  };
  EXPECT_EQ(call_as(::connect), "EACCES");
  EXPECT_EQ(call_as(::bind), "EACCES");
  EXPECT_EQ(confined([&] { return outcome(::accept(listener.get(), nullptr, nullptr)); }), "done");
}

TEST_F(SandboxTest, ForbidsSignallingOtherProcesses) {
  if (abi_ < 6) GTEST_SKIP() << no_landlock;
  const pid_t parent = getpid();
  EXPECT_EQ(confined([&] { return outcome(kill(parent, 0)); }), "EPERM");
  EXPECT_EQ(confined([] { return outcome(kill(getpid(), 0)); }), "done");
}

TEST_F(SandboxTest, SetsNoNewPrivsAndClearsDumpable) {
  const auto state = [] {
    return std::to_string(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) + " " +
           std::to_string(prctl(PR_GET_DUMPABLE));
  };
  EXPECT_EQ(confined(state), "1 0");
}

TEST_F(SandboxTest, StaysDumpableUnderATracer) {
  const Fd directory = served();
  const std::string output = output_of_child([&]() -> std::string {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return "traced by another";
    enter_sandbox(directory, false);
    return std::to_string(prctl(PR_GET_DUMPABLE));
  });
  if (output == "traced by another") GTEST_SKIP() << output;
  EXPECT_EQ(output, "1");
}

// Makes a system call fail with `error`, as if the kernel lacked it.
void fail_syscall(long number, int error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) throw SystemError("seccomp");
}

TEST_F(SandboxTest, IsNoErrorWithoutKernelSupport) {
  const Fd directory = served();
  const auto without = [&](long number, int error) {
    return output_of_child([&] {
      set_no_new_privs();
      fail_syscall(number, error);
      return enter_sandbox(directory, false) + "; " + outcome_of_open("/etc/passwd");
    });
  };
  EXPECT_EQ(without(SYS_landlock_create_ruleset, ENOSYS),
            "not confined: Landlock: Function not implemented; no new privileges; done");
  EXPECT_EQ(without(SYS_landlock_create_ruleset, EOPNOTSUPP),
            "not confined: Landlock: Operation not supported; no new privileges; done");
  if (abi_ < 1) GTEST_SKIP() << no_landlock;
  EXPECT_EQ(without(SYS_landlock_restrict_self, EPERM),
            "not confined: landlock_restrict_self: Operation not permitted; no new privileges; "
            "done");
}

// The versions of landlock(7), "Supported features".
TEST(SandboxRules, MatchTheKernelsAbi) {
  const auto files = [](int abi) { return SandboxRules::of(abi, false).files; };
  EXPECT_EQ(files(1), 0x1fffu);
  EXPECT_EQ(files(2), 0x3fffu);
  EXPECT_EQ(files(3), 0x7fffu);
  EXPECT_EQ(files(4), 0x7fffu);
  EXPECT_EQ(files(5), 0xffffu);
  EXPECT_EQ(files(99), 0xffffu);
  EXPECT_EQ(SandboxRules::of(3, false).network, 0u);
  EXPECT_EQ(SandboxRules::of(4, false).network, 3u);
  EXPECT_EQ(SandboxRules::of(5, false).scope, 0u);
  EXPECT_EQ(SandboxRules::of(6, false).scope, 3u);
}

TEST(SandboxRules, AllowOnlyRightsThatAreHandled) {
  for (int abi = 1; abi <= 8; ++abi)
    for (const bool writable : {false, true}) {
      const SandboxRules rules = SandboxRules::of(abi, writable);
      EXPECT_EQ(rules.beneath & ~rules.files, 0u) << abi;
      EXPECT_EQ(rules.beneath & 1, 0u) << "execute";
    }
  EXPECT_EQ(SandboxRules::of(7, false).beneath, 0xcu);
}

TEST(SandboxRules, TextNamesWhatAnOlderKernelCannotForbid) {
  const auto text = [](int abi, bool writable) {
    return SandboxRules::of(abi, writable).text("/d");
  };
  EXPECT_EQ(text(7, false),
            "confined to /d (Landlock ABI 7): reads files beneath it, nothing else");
  EXPECT_EQ(text(6, true),
            "confined to /d (Landlock ABI 6): reads and writes files beneath it, nothing else");
  EXPECT_EQ(text(4, false),
            "confined to /d (Landlock ABI 4): reads files beneath it; this kernel cannot forbid "
            "signals to other processes (ABI 6)");
  EXPECT_EQ(text(2, false),
            "confined to /d (Landlock ABI 2): reads files beneath it; this kernel cannot forbid "
            "signals to other processes (ABI 6), TCP connections (ABI 4), truncate(2) (ABI 3)");
}

}  // namespace
}  // namespace netlab
