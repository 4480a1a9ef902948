// Neither the names that a client sends nor concurrent renames make the server read a byte outside
// its directory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <string_view>
#include <thread>

#include "base/escape.h"
#include "file/served_files.h"
#include "socket/syscalls.h"
#include "support/seed.h"
#include "support/temporary_directory.h"
#include "support/without_openat2.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

constexpr std::string_view inside = "inside";
constexpr std::string_view outside = "outside";

std::string beginning_of(const ServedFile& file) {
  std::array<std::byte, 64> bytes;
  const ssize_t got = call::read_at(file.fd.get(), bytes, 0);
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(std::max(got, 0L))};
}

class HostileNames : public testing::Test, public EitherOpenat2 {
 protected:
  HostileNames() {
    fs::create_directories(directory_.path("served/sub/deeper"));
    fs::create_directories(directory_.path("other"));
    for (const char* name : {"served/file", "served/sub/file", "served/sub/deeper/file"})
      directory_.write(name, inside);
    for (const char* name : {"file", "secret", "other/file", "other/secret"})
      directory_.write(name, outside);
    link("../secret", "out");
    link("../other", "out_folder");
    link("..", "parent");
    link("../../..", "sub/ancestor");
    link(directory_.path("secret"), "absolute");
    link("/", "root");
    link("/proc/self/root", "magic_root");
    link("/proc/self/cwd", "magic_cwd");
    link("loop", "loop");
    link("file", "good");
    link("sub", "good_folder");
    EXPECT_EQ(mkfifo(directory_.path("served/fifo").c_str(), 0600), 0);
  }

  void link(const std::string& target, const std::string& name) const {
    fs::create_symlink(target, directory_.path("served/" + name));
  }

  std::string component(std::mt19937_64& rng) const {
    static const std::vector<std::string> known = {"..",
                                                   "..",
                                                   "..",
                                                   "..",
                                                   ".",
                                                   "",
                                                   "file",
                                                   "secret",
                                                   "sub",
                                                   "deeper",
                                                   "other",
                                                   "served",
                                                   "out",
                                                   "out_folder",
                                                   "parent",
                                                   "ancestor",
                                                   "absolute",
                                                   "root",
                                                   "magic_root",
                                                   "magic_cwd",
                                                   "loop",
                                                   "good",
                                                   "good_folder",
                                                   "fifo",
                                                   "proc",
                                                   "self",
                                                   "fd",
                                                   "etc",
                                                   "passwd",
                                                   "~",
                                                   "...",
                                                   ".. ",
                                                   "..\\..",
                                                   "%2e%2e",
                                                   "file\0"s,
                                                   "\0"s,
                                                   "..\0"s,
                                                   "fi\nle",
                                                   "\xc0\xae\xc0\xae",
                                                   std::string(255, 'x'),
                                                   std::string(256, 'x'),
                                                   std::string(5000, 'y')};
    const std::size_t index = below(rng, known.size() + 1);
    return index < known.size() ? known[index] : noise(rng, 1 + below(rng, 20));
  }

  std::string name(std::mt19937_64& rng) const {
    std::string name;
    switch (below(rng, 6)) {
      case 0:
        name = "/";
        break;
      case 1:
        name = directory_.path() + "/";  // absolute, with the right prefix
        break;
      default:
        break;
    }
    const std::size_t count = 1 + below(rng, 8);
    for (std::size_t i = 0; i < count; ++i) name += (i == 0 ? "" : "/") + component(rng);
    return name;
  }

  TemporaryDirectory directory_;
};

TEST_P(HostileNames, FiveHundredRandomNamesNeverLeadOutside) {
  std::mt19937_64 rng = seeded_chance();
  run([&] {
    const ServedFiles files(directory_.path("served"), "");
    const auto descriptors = [] {
      return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
    };
    const auto before = descriptors();
    for (int i = 0; i < 500; ++i) {
      const std::string requested = name(rng);
      try {
        const ServedFile file = files.open(requested);
        ASSERT_EQ(beginning_of(file), inside) << escaped(requested);
      } catch (const SystemError&) {
        // rejected, as most of these names must be
      }
    }
    EXPECT_EQ(descriptors(), before);
  });
}

TEST_P(HostileNames, ClimbingFromAnyDepthNeverLeadsOutside) {
  run([&] {
    const ServedFiles files(directory_.path("served"), "");
    for (const std::string start :
         {"", "sub/", "sub/deeper/", "good_folder/", "good_folder/deeper/"}) {
      std::string climb = start;
      for (int depth = 0; depth < 12; ++depth, climb += "../")
        for (const char* last : {"secret", "other/secret", "etc/passwd"})
          EXPECT_THROW(files.open(climb + last), SystemError) << climb << last;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Openat2, HostileNames, testing::Bool(), EitherOpenat2::name);

// Exchanges two paths in a loop for half a second, while `names` are opened in turn.
class ServedFilesRace : public HostileNames {
 protected:
  struct Opened {
    std::string content;
    int error = 0;
  };

  void race(const std::string& one, const std::string& other, const std::vector<std::string>& names,
            const std::function<void(const Opened&)>& check) {
    std::atomic<bool> over = false;
    const std::string first = directory_.path(one);
    const std::string second = directory_.path(other);
    std::thread exchanging([&] {
      while (!over) renameat2(AT_FDCWD, first.c_str(), AT_FDCWD, second.c_str(), RENAME_EXCHANGE);
    });
    run([&] {
      const ServedFiles files(directory_.path("served"), "");
      const Instant end = Clock::now() + std::chrono::milliseconds(500);
      for (std::size_t i = 0; Clock::now() < end && !HasFailure(); ++i) {
        Opened opened;
        try {
          opened.content = beginning_of(files.open(names[i % names.size()]));
        } catch (const SystemError& error) {
          opened.error = error.error();
        }
        check(opened);
      }
    });
    over = true;
    exchanging.join();
  }
};

INSTANTIATE_TEST_SUITE_P(Openat2, ServedFilesRace, testing::Bool(), EitherOpenat2::name);

TEST_P(ServedFilesRace, DirectoryThatBecomesALinkNeverLeadsOutside) {
  fs::create_directories(directory_.path("served/flip"));
  directory_.write("served/flip/file", inside);
  fs::create_symlink("../other", directory_.path("served/link"));
  int opened = 0;
  race("served/flip", "served/link", {"flip/file", "link/file"}, [&](const Opened& result) {
    opened += result.error == 0;
    EXPECT_TRUE(result.error != 0 || result.content == inside) << result.content;
  });
  EXPECT_GT(opened, 0);
}

// ".." returns to the directory that the walk came from, not to the current parent.
TEST_P(ServedFilesRace, DirectoryThatIsMovedOutNeverLeadsOutside) {
  fs::create_directories(directory_.path("served/m/a/b"));
  fs::create_directories(directory_.path("other/q/b"));
  directory_.write("served/m/file", inside);
  int opened = 0;
  race("served/m/a", "other/q", {"m/a/b/../../file", "m/a/b/../../secret", "m/a/../secret"},
       [&](const Opened& result) {
         opened += result.error == 0;
         EXPECT_TRUE(result.error != 0 || result.content == inside) << result.content;
       });
  EXPECT_GT(opened, 0);
}

// A link that rename(2) replaces, such as "current", is the old or the new one at any time.
TEST_P(ServedFilesRace, ReplacedLinkAlwaysResolves) {
  fs::create_directories(directory_.path("served/flip"));
  directory_.write("served/flip/file", inside);
  link("sub", "current");
  link("file", "last");
  directory_.write("served/plain", inside);
  const auto works = [](const Opened& result) { EXPECT_EQ(result.error, 0); };
  race("served/flip", "served/current", {"flip/file", "current/file"}, works);
  race("served/plain", "served/last", {"plain", "last"}, works);
}

}  // namespace
}  // namespace netlab
