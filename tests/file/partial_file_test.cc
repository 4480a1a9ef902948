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

FileName place(const std::string& path) {
  return FileName::of(path);
}

class PartialTest : public testing::Test {
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

TEST_F(PartialTest, IsWrittenBesideItsDestinationAndBecomesIt) {
  PartialFile partial = PartialFile::create(place(destination_), false);
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

TEST_F(PartialTest, IsNotFoundWhereNothingIs) {
  EXPECT_FALSE(PartialFile::find(place(destination_)));
}

TEST_F(PartialTest, IsFoundAgainWithItsSizeAndTag) {
  {
    PartialFile partial = PartialFile::create(place(destination_), false);
    partial.start(0, "a-b-c");
    append(partial, "hello");
  }
  const auto found = PartialFile::find(place(destination_));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path(), part_);
  EXPECT_EQ(found->size(), 5u);
  EXPECT_EQ(found->tag(), "a-b-c");
  EXPECT_EQ(tail_of(*found, 3), "llo");
  EXPECT_EQ(tail_of(*found, 0), "");
}

TEST_F(PartialTest, IsPreferredToTheDestinationItself) {
  directory_.write("notes.txt", "old");
  directory_.write("notes.txt.part", "newer");
  EXPECT_EQ(PartialFile::find(place(destination_))->path(), part_);
}

TEST_F(PartialTest, MadeByOtherMeansIsContinuedInItsPlace) {
  directory_.write("notes.txt", "hello");
  auto found = PartialFile::find(place(destination_));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path(), destination_);
  EXPECT_EQ(found->tag(), "");
  found->start(found->size(), "a-b-c");
  append(*found, ", world");
  found->complete();
  EXPECT_EQ(directory_.read("notes.txt"), "hello, world");
  EXPECT_FALSE(directory_.has("notes.txt.part.state"));
}

TEST_F(PartialTest, BeginsAnewFromAnyOffset) {
  directory_.write("notes.txt.part", "hello, wxyz");
  auto found = PartialFile::find(place(destination_));
  found->start(8, "");
  append(*found, "orld");
  EXPECT_EQ(directory_.read("notes.txt.part"), "hello, world");
}

TEST_F(PartialTest, IsLockedToASecondOne) {
  const PartialFile first = PartialFile::create(place(destination_), false);
  const std::string lock =
      "lock " + part_ + " (another transfer writes to it): Resource temporarily unavailable";
  EXPECT_EQ(thrown_by<SystemError>([&] { PartialFile::find(place(destination_)); }), lock);
  EXPECT_EQ(thrown_by<SystemError>([&] { PartialFile::create(place(destination_), true); }), lock);
  EXPECT_EQ(error_of([&] { PartialFile::find(place(destination_)); }), EWOULDBLOCK);
}

TEST_F(PartialTest, IsNotContinuedInItsPlaceWhileAnotherReplacesIt) {
  directory_.write("notes.txt", "hello");
  {
    const PartialFile replacing = PartialFile::create(place(destination_), true);
    fs::remove(part_);
    EXPECT_EQ(error_of([&] { PartialFile::find(place(destination_)); }), EWOULDBLOCK);
  }
  auto in_place = PartialFile::find(place(destination_));
  EXPECT_EQ(error_of([&] { PartialFile::create(place(destination_), true); }), EWOULDBLOCK);
  EXPECT_FALSE(directory_.has("notes.txt.part"));
  directory_.write("other", "another's");
  fs::rename(directory_.path("other"), destination_);
  EXPECT_EQ(error_of([&] { in_place->complete(); }), EWOULDBLOCK);
}

TEST_F(PartialTest, IsFoundWhereItCanBeReadOnly) {
  directory_.write("notes.txt", "hello");
  fs::permissions(destination_, fs::perms(0444));
  fs::permissions(directory_.path(), fs::perms::all);
  const uid_t user = ::geteuid();
  // Root may write whatever the mode says.
  ASSERT_EQ(::seteuid(user == 0 ? 65534 : user), 0);
  EXPECT_EQ(thrown_by([&] { PartialFile::find(place(destination_))->complete(); }), "");
  ASSERT_EQ(::seteuid(user), 0);
  prctl(PR_SET_DUMPABLE, 1);  // which another user is not, and from then on we are not either
}

TEST_F(PartialTest, IsToldFromAFileThatOnlyHasItsName) {
  PartialFile partial = PartialFile::create(place(destination_), false);
  EXPECT_FALSE(is_partial(place(part_)));
  partial.start(0, "");
  for (const char* name : {"notes.txt.part", "notes.txt.part.state"})
    EXPECT_TRUE(is_partial(place(directory_.path(name)))) << name;
  for (const char* name : {"other.part", "other.part.state", "notes.txt"}) {
    directory_.write(name, "mine");
    EXPECT_FALSE(is_partial(place(directory_.path(name)))) << name;
  }
}

TEST_F(PartialTest, IsNotEmptiedByASecondOneThatFailed) {
  PartialFile first = PartialFile::create(place(destination_), false);
  first.start(0, "a-b-c");
  append(first, "hello");
  EXPECT_THROW(PartialFile::create(place(destination_), true), SystemError);
  EXPECT_EQ(directory_.read("notes.txt.part"), "hello");
}

TEST_F(PartialTest, DoesNotReplaceADestinationThatCameUpMeanwhile) {
  PartialFile partial = PartialFile::create(place(destination_), false);
  partial.start(0, "");
  append(partial, "ours");
  directory_.write("notes.txt", "another's");
  EXPECT_EQ(error_of([&] { partial.complete(); }), EEXIST);
  EXPECT_EQ(directory_.read("notes.txt"), "another's");
  EXPECT_EQ(directory_.read("notes.txt.part"), "ours");
}

TEST_F(PartialTest, ReplacesADestinationWhenToldTo) {
  directory_.write("notes.txt", "old");
  PartialFile partial = PartialFile::create(place(destination_), true);
  partial.start(0, "");
  append(partial, "new");
  EXPECT_EQ(directory_.read("notes.txt"), "old");
  partial.complete();
  EXPECT_EQ(directory_.read("notes.txt"), "new");
}

TEST_F(PartialTest, GivesNoOtherFileTheFinalName) {
  PartialFile partial = PartialFile::create(place(destination_), true);
  partial.start(0, "a-b-c");
  append(partial, "ours");
  fs::rename(part_, directory_.path("away"));
  directory_.write("notes.txt.part", "half of another");
  EXPECT_EQ(error_of([&] { partial.complete(); }), EWOULDBLOCK);
  EXPECT_FALSE(directory_.has("notes.txt"));
  EXPECT_EQ(directory_.read("notes.txt.part"), "half of another");
}

TEST_F(PartialTest, OfAFileUnderItsFinalNameIsACopy) {
  directory_.write("notes.txt", "hello, world");
  fs::permissions(destination_, fs::perms::owner_read | fs::perms::owner_write);
  {
    PartialFile partial = PartialFile::find(place(destination_))->copy(5, "a-b-c");
    EXPECT_TRUE(partial.is_ours());
    EXPECT_EQ(directory_.read("notes.txt.part.state"), "netlab partial 1\ntag a-b-c\nreplace\n");
    partial.start(partial.size(), "a-b-c");
    append(partial, " there");
    EXPECT_EQ(directory_.read("notes.txt"), "hello, world");
    EXPECT_EQ(directory_.read("notes.txt.part"), "hello there");
    partial.complete();
  }
  EXPECT_EQ(directory_.read("notes.txt"), "hello there");
  EXPECT_EQ(fs::status(destination_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const PartialFile whole = *PartialFile::find(place(destination_));
  EXPECT_EQ(error_of([&] { (void)whole.copy(100, ""); }), EIO);
  EXPECT_FALSE(directory_.has("notes.txt.part"));
  EXPECT_FALSE(directory_.has("notes.txt.part.state"));
}

TEST_F(PartialTest, ForgetsATagThatIsNotKnownAnyMore) {
  directory_.write("notes.txt.part", "hello");
  directory_.write("notes.txt.part.state", "netlab partial 1\ntag a-b-c\n");
  auto found = PartialFile::find(place(destination_));
  EXPECT_EQ(found->tag(), "a-b-c");
  found->start(5, "");
  EXPECT_EQ(directory_.read("notes.txt.part.state"), "netlab partial 1\ntag \n");
}

TEST_F(PartialTest, BegunAnewIsNoFileThatOnlyHasItsName) {
  const auto refuses = [&] {
    EXPECT_EQ(
        thrown_by<SystemError>([&] { PartialFile::create(place(destination_), true); }),
        "replace " + part_ + " (nothing says that netlab made it: move it away): File exists");
    EXPECT_EQ(directory_.read("notes.txt.part"), "mine");
  };
  directory_.write("notes.txt.part", "mine");
  refuses();
  EXPECT_THROW(write_whole(place(destination_), bytes_of("new"), true, {}), SystemError);
  directory_.write("notes.txt.part.state", "mine as well");
  refuses();
  directory_.write("notes.txt.part.state", "netlab partial 1\n");
  EXPECT_EQ(thrown_by([&] { PartialFile::create(place(destination_), true); }), "");
}

// A small file's has no state while it is written.
TEST_F(PartialTest, LeftByAProcessThatWasKilledIsReplacedByWhatItIsTheBeginningOf) {
  directory_.write("notes.txt.part", "small");
  EXPECT_EQ(error_of([&] { write_whole(place(destination_), bytes_of("smal"), true, {}); }),
            EEXIST);
  EXPECT_EQ(directory_.read("notes.txt.part"), "small");
  write_whole(place(destination_), bytes_of("small file"), true, {});
  EXPECT_EQ(directory_.read("notes.txt"), "small file");
  EXPECT_FALSE(directory_.has("notes.txt.part"));
  EXPECT_FALSE(directory_.has("notes.txt.part.state"));
}

TEST_F(PartialTest, ReplacesNoStateThatIsNotItsOwn) {
  for (const char* name : {"notes.txt.part.state", "notes.txt.part.state.new"}) {
    directory_.write(name, "mine");
    PartialFile partial = PartialFile::create(place(destination_), true);
    EXPECT_EQ(error_of([&] { partial.start(0, "a-b-c"); }), EEXIST) << name;
    partial.complete();
    EXPECT_EQ(directory_.read(name), "mine");
    fs::remove(directory_.path(name));
  }
}

TEST_F(PartialTest, TakesATornOrForeignStateForNone) {
  directory_.write("notes.txt.part", "hello");
  for (const char* text : {"", "netlab partial 1\n", "netlab partial 1\ntag a-b", "another's\n",
                           "netlab partial 2\ntag a-b\n"}) {
    directory_.write("notes.txt.part.state", text);
    EXPECT_EQ(PartialFile::find(place(destination_))->tag(), "") << text;
  }
  directory_.write("notes.txt.part.state",
                   "netlab partial 1\ntag " + std::string(1000, 'x') + "\n");
  EXPECT_EQ(PartialFile::find(place(destination_))->tag(), "");
}

TEST_F(PartialTest, FollowsNoLinkInThePlaceOfThePart) {
  directory_.write("precious", "precious");
  fs::create_symlink("precious", part_);
  EXPECT_EQ(error_of([&] { PartialFile::find(place(destination_)); }), ELOOP);
  EXPECT_EQ(error_of([&] { PartialFile::create(place(destination_), true); }), ELOOP);
  EXPECT_EQ(directory_.read("precious"), "precious");
}

TEST_F(PartialTest, IsARegularFile) {
  ASSERT_EQ(mkfifo(part_.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { PartialFile::find(place(destination_)); }), EINVAL);
}

TEST_F(PartialTest, SaysThatItBecameShorterWhileItIsCompared) {
  directory_.write("notes.txt.part", "hello");
  const auto found = PartialFile::find(place(destination_));
  fs::resize_file(part_, 2);
  EXPECT_EQ(thrown_by<SystemError>([&] { tail_of(*found, 5); }),
            "read " + part_ + " (it has become shorter): Input/output error");
}

TEST_F(PartialTest, OfTheLongestNameHasRoomForItsEndings) {
  for (const std::size_t size : {239u, 240u, 255u}) {
    const std::string name(size, 'x');
    {
      PartialFile partial = PartialFile::create(place(directory_.path(name)), false);
      partial.start(0, "a-b-c");
      append(partial, "hello");
    }
    auto found = PartialFile::find(place(directory_.path(name)));
    ASSERT_TRUE(found) << size;
    EXPECT_EQ(found->tag(), "a-b-c");
    found->complete();
    EXPECT_EQ(directory_.read(name), "hello");
  }
}

TEST_F(PartialTest, OfALongNameIsNotThatOfAnotherThatBeginsAlike) {
  const std::string start(250, 'x');
  const PartialFile one = PartialFile::create(place(directory_.path(start + "1")), false);
  const PartialFile other = PartialFile::create(place(directory_.path(start + "2")), false);
  EXPECT_NE(one.path(), other.path());
}

TEST_F(PartialTest, NamesTheFolderThatIsNotThere) {
  const std::string nowhere = directory_.path("absent/notes.txt");
  EXPECT_EQ(thrown_by<SystemError>([&] { PartialFile::create(place(nowhere), false); }),
            "open " + fs::path(nowhere).parent_path().string() + ": No such file or directory");
}

// Two downloads of one file, again and again: whoever opened DEST.part before the other renamed it
// must notice, once it has the lock, that this file is DEST now.
// Several write to one file as often as they can; whoever reads it finds one writer's bytes alone.
class PartialRace : public PartialTest {
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
            // Another has it.
          }
        }
      });
    const Instant end = Clock::now() + std::chrono::seconds(1);
    while (mixtures_ == 0 && (completed_ < 100 || Clock::now() < end)) stat();
    over_ = true;
    writers.clear();
    stat();
    EXPECT_EQ(mixtures_, 0u);
  }

 private:
  void stat() {
    if (!directory_.has("notes.txt")) return;
    const std::string found = directory_.read("notes.txt");
    if (found != std::string(6000, found.empty() ? '?' : found.front())) ++mixtures_;
  }

  std::atomic<bool> over_ = false;
  std::atomic<int> completed_ = 0;
  std::size_t mixtures_ = 0;
};

TEST_F(PartialRace, NeverShowsHalfAFileNorTwo) {
  race([this](const std::string& whole) {
    PartialFile partial = PartialFile::create(place(destination_), true);
    partial.start(0, "");
    append(partial, whole);
    partial.complete();
  });
}

TEST_F(PartialRace, OfSmallFilesNeitherDoes) {
  race([this](const std::string& whole) {
    write_whole(place(destination_), bytes_of(whole), true, FinalAttributes());
  });
}

TEST(LastPart, IsTheNameOfWhatAPathLeadsTo) {
  EXPECT_EQ(last_part("a"), "a");
  EXPECT_EQ(last_part("/a/b"), "b");
  EXPECT_EQ(last_part("a/b//"), "b");
  for (const char* none : {"", "/", "//", ".", "..", "a/.", "a/../"})
    EXPECT_EQ(last_part(none), "");
}

TEST_F(PartialTest, ThePathIsLookedAtBefore) {
  directory_.write("notes.txt", "hello");
  EXPECT_EQ(look_at(directory_.path("absent")).kind, PathState::Kind::absent);
  EXPECT_EQ(look_at(directory_.path()).kind, PathState::Kind::directory);
  EXPECT_EQ(look_at("/dev/null").kind, PathState::Kind::other);
  EXPECT_EQ(look_at(destination_).kind, PathState::Kind::regular);
  EXPECT_EQ(look_at(destination_).size, 5u);
}

}  // namespace
}  // namespace netlab
