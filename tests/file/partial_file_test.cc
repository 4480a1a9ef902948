#include "file/partial_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "socket/syscalls.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;

FileName file_name(const std::string& path) {
  return FileName::of(path);
}

class PartialFileTest : public testing::Test {
 protected:
  void append(const PartialFile& partial, std::string_view text) const {
    call::write_all(partial.file().get(), bytes_of(text), partial.path());
  }
  std::string tail_of(const PartialFile& partial, std::size_t count) const {
    std::string tail(count, '\0');
    partial.read(partial.size() - count, std::as_writable_bytes(std::span(tail)));
    return tail;
  }

  TemporaryDirectory directory_;
  const std::string destination_ = directory_.path("notes.txt");
  const std::string part_ = destination_ + ".part";
};

TEST_F(PartialFileTest, IsRenamedToItsDestinationWhenComplete) {
  PartialFile partial = PartialFile::create(file_name(destination_), false);
  EXPECT_EQ(partial.path(), part_);
  partial.start(0, "a-b-c");
  append(partial, "hello");
  EXPECT_FALSE(directory_.has("notes.txt"));
  EXPECT_EQ(directory_.read("notes.txt.part.state"), "netlab partial 1\ntag a-b-c\n");
  partial.complete();
  EXPECT_EQ(directory_.read("notes.txt"), "hello");
  EXPECT_FALSE(directory_.has("notes.txt.part"));
  EXPECT_FALSE(directory_.has("notes.txt.part.state"));
}

TEST_F(PartialFileTest, FindReturnsNothingWithoutAFile) {
  EXPECT_FALSE(PartialFile::find(file_name(destination_)));
}

TEST_F(PartialFileTest, FindReadsSizeAndTag) {
  {
    PartialFile partial = PartialFile::create(file_name(destination_), false);
    partial.start(0, "a-b-c");
    append(partial, "hello");
  }
  const auto found = PartialFile::find(file_name(destination_));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path(), part_);
  EXPECT_EQ(found->size(), 5u);
  EXPECT_EQ(found->tag(), "a-b-c");
  EXPECT_EQ(tail_of(*found, 3), "llo");
  EXPECT_EQ(tail_of(*found, 0), "");
}

TEST_F(PartialFileTest, FindPrefersThePartToTheDestination) {
  directory_.write("notes.txt", "old");
  directory_.write("notes.txt.part", "newer");
  EXPECT_EQ(PartialFile::find(file_name(destination_))->path(), part_);
}

TEST_F(PartialFileTest, ContinuesADestinationInPlace) {
  directory_.write("notes.txt", "hello");
  auto found = PartialFile::find(file_name(destination_));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path(), destination_);
  EXPECT_EQ(found->tag(), "");
  found->start(found->size(), "a-b-c");
  append(*found, ", world");
  found->complete();
  EXPECT_EQ(directory_.read("notes.txt"), "hello, world");
  EXPECT_FALSE(directory_.has("notes.txt.part.state"));
}

TEST_F(PartialFileTest, StartTruncatesToTheOffset) {
  directory_.write("notes.txt.part", "hello, wxyz");
  auto found = PartialFile::find(file_name(destination_));
  found->start(8, "");
  append(*found, "orld");
  EXPECT_EQ(directory_.read("notes.txt.part"), "hello, world");
}

TEST_F(PartialFileTest, LocksOutASecondTransfer) {
  const PartialFile first = PartialFile::create(file_name(destination_), false);
  const std::string lock =
      "lock " + part_ + " (another transfer writes to it): Resource temporarily unavailable";
  EXPECT_EQ(thrown_by<SystemError>([&] { PartialFile::find(file_name(destination_)); }), lock);
  EXPECT_EQ(thrown_by<SystemError>([&] { PartialFile::create(file_name(destination_), true); }),
            lock);
  EXPECT_EQ(error_of([&] { PartialFile::find(file_name(destination_)); }), EWOULDBLOCK);
}

TEST_F(PartialFileTest, IsNotContinuedInPlaceWhileAnotherTransferReplacesIt) {
  directory_.write("notes.txt", "hello");
  {
    const PartialFile replacing = PartialFile::create(file_name(destination_), true);
    fs::remove(part_);
    EXPECT_EQ(error_of([&] { PartialFile::find(file_name(destination_)); }), EWOULDBLOCK);
  }
  auto in_place = PartialFile::find(file_name(destination_));
  EXPECT_EQ(error_of([&] { PartialFile::create(file_name(destination_), true); }), EWOULDBLOCK);
  EXPECT_FALSE(directory_.has("notes.txt.part"));
  directory_.write("other", "another's");
  fs::rename(directory_.path("other"), destination_);
  EXPECT_EQ(error_of([&] { in_place->complete(); }), EWOULDBLOCK);
}

TEST_F(PartialFileTest, FindsAReadOnlyDestination) {
  directory_.write("notes.txt", "hello");
  fs::permissions(destination_, fs::perms(0444));
  fs::permissions(directory_.path(), fs::perms::all);
  const uid_t user = ::geteuid();
  // Root may write regardless of the mode.
  ASSERT_EQ(::seteuid(user == 0 ? 65534 : user), 0);
  EXPECT_EQ(thrown_by([&] { PartialFile::find(file_name(destination_))->complete(); }), "");
  ASSERT_EQ(::seteuid(user), 0);
  prctl(PR_SET_DUMPABLE, 1);  // changing the effective user ID clears it (prctl(2))
}

TEST_F(PartialFileTest, IsPartialIgnoresFilesThatOnlyShareTheName) {
  PartialFile partial = PartialFile::create(file_name(destination_), false);
  EXPECT_FALSE(is_partial(file_name(part_)));
  partial.start(0, "");
  for (const char* name : {"notes.txt.part", "notes.txt.part.state"})
    EXPECT_TRUE(is_partial(file_name(directory_.path(name)))) << name;
  for (const char* name : {"other.part", "other.part.state", "notes.txt"}) {
    directory_.write(name, "mine");
    EXPECT_FALSE(is_partial(file_name(directory_.path(name)))) << name;
  }
}

TEST_F(PartialFileTest, SurvivesAFailedSecondCreate) {
  PartialFile first = PartialFile::create(file_name(destination_), false);
  first.start(0, "a-b-c");
  append(first, "hello");
  EXPECT_THROW(PartialFile::create(file_name(destination_), true), SystemError);
  EXPECT_EQ(directory_.read("notes.txt.part"), "hello");
}

TEST_F(PartialFileTest, DoesNotReplaceADestinationCreatedMeanwhile) {
  PartialFile partial = PartialFile::create(file_name(destination_), false);
  partial.start(0, "");
  append(partial, "ours");
  directory_.write("notes.txt", "another's");
  EXPECT_EQ(error_of([&] { partial.complete(); }), EEXIST);
  EXPECT_EQ(directory_.read("notes.txt"), "another's");
  EXPECT_EQ(directory_.read("notes.txt.part"), "ours");
}

TEST_F(PartialFileTest, ReplacesADestinationOnRequest) {
  directory_.write("notes.txt", "old");
  PartialFile partial = PartialFile::create(file_name(destination_), true);
  partial.start(0, "");
  append(partial, "new");
  EXPECT_EQ(directory_.read("notes.txt"), "old");
  partial.complete();
  EXPECT_EQ(directory_.read("notes.txt"), "new");
}

TEST_F(PartialFileTest, CompleteRejectsAPartThatWasReplaced) {
  PartialFile partial = PartialFile::create(file_name(destination_), true);
  partial.start(0, "a-b-c");
  append(partial, "ours");
  fs::rename(part_, directory_.path("away"));
  directory_.write("notes.txt.part", "half of another");
  EXPECT_EQ(error_of([&] { partial.complete(); }), EWOULDBLOCK);
  EXPECT_FALSE(directory_.has("notes.txt"));
  EXPECT_EQ(directory_.read("notes.txt.part"), "half of another");
}

TEST_F(PartialFileTest, CopyKeepsTheDestinationUntilComplete) {
  directory_.write("notes.txt", "hello, world");
  fs::permissions(destination_, fs::perms::owner_read | fs::perms::owner_write);
  {
    PartialFile partial = PartialFile::find(file_name(destination_))->copy(5, "a-b-c");
    EXPECT_EQ(partial.origin(), PartialFile::Origin::ours);
    EXPECT_EQ(directory_.read("notes.txt.part.state"), "netlab partial 1\ntag a-b-c\nreplace\n");
    partial.start(partial.size(), "a-b-c");
    append(partial, " there");
    EXPECT_EQ(directory_.read("notes.txt"), "hello, world");
    EXPECT_EQ(directory_.read("notes.txt.part"), "hello there");
    partial.complete();
  }
  EXPECT_EQ(directory_.read("notes.txt"), "hello there");
  EXPECT_EQ(fs::status(destination_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const PartialFile whole = *PartialFile::find(file_name(destination_));
  EXPECT_EQ(error_of([&] { (void)whole.copy(100, ""); }), EIO);
  EXPECT_FALSE(directory_.has("notes.txt.part"));
  EXPECT_FALSE(directory_.has("notes.txt.part.state"));
}

TEST_F(PartialFileTest, StartWithoutATagClearsTheRecordedTag) {
  directory_.write("notes.txt.part", "hello");
  directory_.write("notes.txt.part.state", "netlab partial 1\ntag a-b-c\n");
  auto found = PartialFile::find(file_name(destination_));
  EXPECT_EQ(found->tag(), "a-b-c");
  found->start(5, "");
  EXPECT_EQ(directory_.read("notes.txt.part.state"), "netlab partial 1\ntag \n");
}

TEST_F(PartialFileTest, CreateRejectsAForeignPart) {
  const auto refuses = [&] {
    EXPECT_EQ(thrown_by<SystemError>([&] { PartialFile::create(file_name(destination_), true); }),
              "replace " + part_ + " (not created by netlab: move it away): File exists");
    EXPECT_EQ(directory_.read("notes.txt.part"), "mine");
  };
  directory_.write("notes.txt.part", "mine");
  refuses();
  EXPECT_THROW(write_whole(file_name(destination_), bytes_of("new"), true, {}), SystemError);
  directory_.write("notes.txt.part.state", "mine as well");
  refuses();
  directory_.write("notes.txt.part.state", "netlab partial 1\n");
  EXPECT_EQ(thrown_by([&] { PartialFile::create(file_name(destination_), true); }), "");
}

// The .part of a small file has no .state while it is written.
TEST_F(PartialFileTest, WriteWholeReplacesAPartThatIsAPrefix) {
  directory_.write("notes.txt.part", "small");
  EXPECT_EQ(error_of([&] { write_whole(file_name(destination_), bytes_of("smal"), true, {}); }),
            EEXIST);
  EXPECT_EQ(directory_.read("notes.txt.part"), "small");
  write_whole(file_name(destination_), bytes_of("small file"), true, {});
  EXPECT_EQ(directory_.read("notes.txt"), "small file");
  EXPECT_FALSE(directory_.has("notes.txt.part"));
  EXPECT_FALSE(directory_.has("notes.txt.part.state"));
}

TEST_F(PartialFileTest, NeverReplacesAForeignState) {
  for (const char* name : {"notes.txt.part.state", "notes.txt.part.state.new"}) {
    directory_.write(name, "mine");
    PartialFile partial = PartialFile::create(file_name(destination_), true);
    EXPECT_EQ(error_of([&] { partial.start(0, "a-b-c"); }), EEXIST) << name;
    partial.complete();
    EXPECT_EQ(directory_.read(name), "mine");
    fs::remove(directory_.path(name));
  }
}

TEST_F(PartialFileTest, DistinguishesFilesByTheirOrigin) {
  using enum PartialFile::Origin;
  const auto origin = [&] { return PartialFile::find(file_name(destination_))->origin(); };
  directory_.write("notes.txt", "hello");
  EXPECT_EQ(origin(), final_name);
  directory_.write("notes.txt.part", "");
  EXPECT_EQ(origin(), ours);
  directory_.write("notes.txt.part", "hello");
  EXPECT_EQ(origin(), foreign);
  directory_.write("notes.txt.part.state", "another's");
  EXPECT_EQ(origin(), foreign);
  directory_.write("notes.txt.part.state", "netlab partial 1\n");
  EXPECT_EQ(origin(), ours);
}

TEST_F(PartialFileTest, IgnoresTornOrForeignStates) {
  directory_.write("notes.txt.part", "hello");
  for (const char* text : {"", "netlab partial 1\n", "netlab partial 1\ntag a-b", "another's\n",
                           "netlab partial 2\ntag a-b\n"}) {
    directory_.write("notes.txt.part.state", text);
    EXPECT_EQ(PartialFile::find(file_name(destination_))->tag(), "") << text;
  }
  directory_.write("notes.txt.part.state",
                   "netlab partial 1\ntag " + std::string(1000, 'x') + "\n");
  EXPECT_EQ(PartialFile::find(file_name(destination_))->tag(), "");
}

TEST_F(PartialFileTest, RejectsALinkNamedLikeThePart) {
  directory_.write("precious", "precious");
  fs::create_symlink("precious", part_);
  EXPECT_EQ(error_of([&] { PartialFile::find(file_name(destination_)); }), ELOOP);
  EXPECT_EQ(error_of([&] { PartialFile::create(file_name(destination_), true); }), ELOOP);
  EXPECT_EQ(directory_.read("precious"), "precious");
}

TEST_F(PartialFileTest, RejectsAPartThatIsNotARegularFile) {
  ASSERT_EQ(mkfifo(part_.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { PartialFile::find(file_name(destination_)); }), EINVAL);
}

TEST_F(PartialFileTest, ReportsAFileThatShrinksWhileCompared) {
  directory_.write("notes.txt.part", "hello");
  const auto found = PartialFile::find(file_name(destination_));
  fs::resize_file(part_, 2);
  EXPECT_EQ(thrown_by<SystemError>([&] { tail_of(*found, 5); }),
            "read " + part_ + " (the file has shrunk): Input/output error");
}

TEST_F(PartialFileTest, FitsItsSuffixesAfterTheLongestName) {
  for (const std::size_t size : {239u, 240u, 255u}) {
    const std::string name(size, 'x');
    {
      PartialFile partial = PartialFile::create(file_name(directory_.path(name)), false);
      partial.start(0, "a-b-c");
      append(partial, "hello");
    }
    auto found = PartialFile::find(file_name(directory_.path(name)));
    ASSERT_TRUE(found) << size;
    EXPECT_EQ(found->tag(), "a-b-c");
    found->complete();
    EXPECT_EQ(directory_.read(name), "hello");
  }
}

TEST_F(PartialFileTest, LongNamesWithACommonPrefixDoNotCollide) {
  const std::string start(250, 'x');
  const PartialFile one = PartialFile::create(file_name(directory_.path(start + "1")), false);
  const PartialFile other = PartialFile::create(file_name(directory_.path(start + "2")), false);
  EXPECT_NE(one.path(), other.path());
}

TEST_F(PartialFileTest, NamesTheMissingDirectory) {
  const std::string nowhere = directory_.path("absent/notes.txt");
  EXPECT_EQ(thrown_by<SystemError>([&] { PartialFile::create(file_name(nowhere), false); }),
            "open " + fs::path(nowhere).parent_path().string() + ": No such file or directory");
}

// Several writers complete one file in a loop; a reader must only see the bytes of one writer. A
// writer that opened DEST.part before another writer renamed it must notice, once it has the lock,
// that this file is DEST now.
class PartialFileRace : public PartialFileTest {
 protected:
  using Write = std::function<void(const std::string& whole)>;

  void race(const Write& write) {
    std::vector<std::jthread> writers;
    for (const char letter : {'a', 'b', 'c', 'd'})
      writers.emplace_back([&, whole = std::string(6000, letter)] {
        while (!over_) {
          try {
            write(whole);
            ++completed_;
          } catch (const SystemError&) {
            // Another writer has the lock.
          }
        }
      });
    const Instant end = Clock::now() + std::chrono::seconds(1);
    while (mixtures_ == 0 && (completed_ < 100 || Clock::now() < end)) check_content();
    over_ = true;
    writers.clear();
    check_content();
    EXPECT_EQ(mixtures_, 0u);
  }

 private:
  void check_content() {
    if (!directory_.has("notes.txt")) return;
    const std::string found = directory_.read("notes.txt");
    if (found != std::string(6000, found.empty() ? '?' : found.front())) ++mixtures_;
  }

  std::atomic<bool> over_ = false;
  std::atomic<int> completed_ = 0;
  std::size_t mixtures_ = 0;
};

TEST_F(PartialFileRace, PartialFileNeverMixesWriters) {
  race([this](const std::string& whole) {
    PartialFile partial = PartialFile::create(file_name(destination_), true);
    partial.start(0, "");
    append(partial, whole);
    partial.complete();
  });
}

TEST_F(PartialFileRace, WriteWholeNeverMixesWriters) {
  race([this](const std::string& whole) {
    write_whole(file_name(destination_), bytes_of(whole), true, FinalAttributes());
  });
}

TEST(LastPart, IsTheLastComponentOfAPath) {
  EXPECT_EQ(last_part("a"), "a");
  EXPECT_EQ(last_part("/a/b"), "b");
  EXPECT_EQ(last_part("a/b//"), "b");
  for (const char* none : {"", "/", "//", ".", "..", "a/.", "a/../"})
    EXPECT_EQ(last_part(none), "");
}

}  // namespace
}  // namespace netlab
