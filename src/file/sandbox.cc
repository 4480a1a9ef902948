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

// linux/landlock.h, of which older systems have an older one or none.
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
constexpr std::uint64_t refer = bit(13);  // rename and link from one folder to another
constexpr std::uint64_t truncate = bit(14);

constexpr std::uint64_t reading = read_file | read_directory;
constexpr std::uint64_t writing =
    write_file | truncate | make_regular | make_directory | remove_file | remove_directory | refer;

constexpr unsigned create_ruleset_version = 1;
constexpr int rule_path_beneath = 1;

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

int kernels_abi() {
  return static_cast<int>(checked(
      syscall(SYS_landlock_create_ruleset, nullptr, 0, create_ruleset_version), "Landlock"));
}

void allow(const Fd& rules, std::uint64_t access, const Fd& beneath) {
  const PathBeneathAttributes allowed{access, beneath.get()};
  checked(syscall(SYS_landlock_add_rule, rules.get(), rule_path_beneath, &allowed, 0),
          "add to Landlock's rules");
}

void enforce(const SandboxRules& confinement, const Fd& directory) {
  const RulesetAttributes handled{confinement.files, confinement.network, confinement.scope};
  const Fd rules(static_cast<int>(checked(
      syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0), "make Landlock's rules")));
  allow(rules, confinement.beneath, directory);
#ifdef NETLAB_SANITIZED  // the search for leaks at the end reads what /proc says of the process
  allow(rules, reading, Fd(open("/proc", O_PATH | O_CLOEXEC)));
#endif
  checked(syscall(SYS_landlock_restrict_self, rules.get(), 0), "obey Landlock's rules");
}

std::string name_of(const Fd& directory) {
  std::error_code ignored;
  return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", directory.get()), ignored);
}

// By strace(1), which has started us and would see no more than numbers (ptrace(2)).
bool is_traced() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("TracerPid:")) return line.find_first_of("123456789") != line.npos;
  return false;
}

}  // namespace

SandboxRules SandboxRules::of(int abi, bool writable) {
  SandboxRules of{.abi = abi, .writable = writable};
  // Of the first version, and what came later: refer, truncate, ioctl on devices.
  of.files = bits_below(abi < 2 ? 13 : abi < 3 ? 14 : abi < 5 ? 15 : 16);
  of.beneath = of.files & (writable ? reading | writing : reading);
  of.network = abi < 4 ? 0 : bits_below(2);  // bind and connect of TCP
  of.scope = abi < 6 ? 0 : bits_below(2);
  return of;
}

std::string SandboxRules::text(const std::string& directory) const {
  std::string line = fmt::format("confined to {} (Landlock ABI {}): reads {}files beneath it",
                                 directory, abi, writable ? "and writes " : "");
  if (abi >= 6) return line + ", nothing else";
  line += "; this kernel can't forbid signals to others (ABI 6)";
  if (abi < 4) line += ", TCP connections (ABI 4)";
  if (abi < 3) line += ", truncate(2) (ABI 3)";
  return line;
}

std::string enter_sandbox(const Fd& directory, bool writable) {
  if (!is_traced()) prctl(PR_SET_DUMPABLE, 0);
  set_no_new_privs();  // without which Landlock is for root alone
  const char* const also = "; no new privileges";
  try {
    const SandboxRules confinement = SandboxRules::of(kernels_abi(), writable);
    const std::string text = confinement.text(name_of(directory));
    enforce(confinement, directory);
    return text + also;
  } catch (const SystemError& error) {
    return fmt::format("not confined: {}{}", error.what(), also);
  }
}

void set_no_new_privs() {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

}  // namespace netlab
