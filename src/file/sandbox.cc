#include "file/sandbox.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace netlab {
namespace {

// Copied from linux/landlock.h, which is missing or outdated on older systems.
constexpr std::uint64_t bit(int number) {
  return std::uint64_t{1} << number;
}
constexpr std::uint64_t bits_below(int number) {
  return bit(number) - 1;
}
constexpr std::uint64_t write_file = bit(1);
constexpr std::uint64_t read_file = bit(2);
constexpr std::uint64_t read_directory = bit(3);
constexpr std::uint64_t remove_directory = bit(4);
constexpr std::uint64_t remove_file = bit(5);
constexpr std::uint64_t make_directory = bit(7);
constexpr std::uint64_t make_regular = bit(8);
constexpr std::uint64_t refer = bit(13);  // rename and link between directories
constexpr std::uint64_t truncate = bit(14);

constexpr std::uint64_t reading = read_file | read_directory;
constexpr std::uint64_t writing =
    write_file | truncate | make_regular | make_directory | remove_file | remove_directory | refer;

constexpr unsigned create_ruleset_version = 1;
constexpr int rule_path_beneath = 1;

// A kernel that knows fewer fields accepts the others if they are 0, which SandboxRules ensures.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

struct [[gnu::packed]] PathBeneathAttributes {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};

long checked(long result, const char* operation) {
  if (result < 0) throw SystemError(operation);
  return result;
}

int kernel_abi() {
  return static_cast<int>(checked(
      syscall(SYS_landlock_create_ruleset, nullptr, 0, create_ruleset_version), "Landlock"));
}

void allow(const Fd& rules, std::uint64_t access, const Fd& beneath) {
  const PathBeneathAttributes allowed{access, beneath.get()};
  checked(syscall(SYS_landlock_add_rule, rules.get(), rule_path_beneath, &allowed, 0),
          "landlock_add_rule");
}

void enforce(const SandboxRules& confinement, const Fd& directory) {
  const RulesetAttributes handled{confinement.files, confinement.network, confinement.scope};
  const Fd rules(
      static_cast<int>(checked(syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0),
                               "landlock_create_ruleset")));
  allow(rules, confinement.beneath, directory);
#ifdef NETLAB_SANITIZED  // LeakSanitizer reads /proc at exit
  allow(rules, reading, Fd(open("/proc", O_PATH | O_CLOEXEC)));
#endif
  checked(syscall(SYS_landlock_restrict_self, rules.get(), 0), "landlock_restrict_self");
}

std::string name_of(const Fd& directory) {
  std::error_code ignored;
  return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", directory.get()), ignored);
}

// Whether a tracer such as strace(1) is attached. If the process became undumpable, the tracer
// could no longer read its memory, and would print only numbers (ptrace(2)).
bool is_traced() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("TracerPid:")) return line.find_first_of("123456789") != line.npos;
  return false;
}

}  // namespace

SandboxRules SandboxRules::of(int abi, bool writable) {
  SandboxRules rules{.abi = abi, .writable = writable};
  // The rights of ABI 1, and those added later: refer (2), truncate (3), ioctl on devices (5).
  rules.files = bits_below(abi < 2 ? 13 : abi < 3 ? 14 : abi < 5 ? 15 : 16);
  rules.beneath = rules.files & (writable ? reading | writing : reading);
  rules.network = abi < 4 ? 0 : bits_below(2);  // bind and connect of TCP
  rules.scope = abi < 6 ? 0 : bits_below(2);
  return rules;
}

std::string SandboxRules::text(const std::string& directory) const {
  std::string line = fmt::format("confined to {} (Landlock ABI {}): reads {}files beneath it",
                                 directory, abi, writable ? "and writes " : "");
  if (abi >= 6) return line + ", nothing else";
  line += "; this kernel cannot forbid signals to other processes (ABI 6)";
  if (abi < 4) line += ", TCP connections (ABI 4)";
  if (abi < 3) line += ", truncate(2) (ABI 3)";
  return line;
}

std::string enter_sandbox(const Fd& directory, bool writable) {
  if (!is_traced()) prctl(PR_SET_DUMPABLE, 0);
  set_no_new_privs();  // without it, Landlock requires root
  const char* const suffix = "; no new privileges";
  try {
    const SandboxRules confinement = SandboxRules::of(kernel_abi(), writable);
    const std::string text = confinement.text(name_of(directory));
    enforce(confinement, directory);
    return text + suffix;
  } catch (const SystemError& error) {
    return fmt::format("not confined: {}{}", error.what(), suffix);
  }
}

void set_no_new_privs() {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

}  // namespace netlab
