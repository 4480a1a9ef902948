#include "file/file_lock.h"

#include <gtest/gtest.h>

#include "file/path_state.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

class FileLockTest : public testing::Test {
 protected:
  FileLockTest() { directory_.write("notes.txt", "hello"); }
  FileName name(const std::string& name) const { return FileName::of(directory_.path(name)); }

  TemporaryDirectory directory_;
};

TEST_F(FileLockTest, LastsUntilTheFileIsClosed) {
  const Fd other = open_to_write(directory_.path("notes.txt"));
  {
    const Fd file = open_and_lock(name("notes.txt"), O_RDWR);
    EXPECT_TRUE(file);
    EXPECT_EQ(error_of([&] { lock_to_write(other, name("notes.txt")); }), EWOULDBLOCK);
    EXPECT_EQ(error_of([&] { open_and_lock(name("notes.txt"), O_RDWR); }), EWOULDBLOCK);
  }
  lock_to_write(other, name("notes.txt"));
  unlock(other, name("notes.txt"));
  EXPECT_TRUE(open_and_lock(name("notes.txt"), O_RDWR));
}

TEST_F(FileLockTest, OpensOnlyRegularFiles) {
  EXPECT_FALSE(open_and_lock(name("absent"), O_RDWR));
  EXPECT_FALSE(directory_.has("absent"));
  EXPECT_TRUE(open_and_lock(name("absent"), O_RDWR | O_CREAT, 0666));
  EXPECT_TRUE(directory_.has("absent"));
  EXPECT_EQ(error_of([&] { open_and_lock(FileName::of("/dev/null"), O_RDWR); }), EINVAL);
}

TEST_F(FileLockTest, NoticesThatTheFileWasRenamed) {
  const Fd file = open_and_lock(name("notes.txt"), O_RDWR);
  check_in_place(file, name("notes.txt"));
  name("notes.txt").rename(name("moved.txt"), false);
  EXPECT_EQ(error_of([&] { check_in_place(file, name("notes.txt")); }), EWOULDBLOCK);
  check_in_place(file, name("moved.txt"));
  directory_.write("notes.txt", "another's");
  EXPECT_EQ(error_of([&] { check_in_place(file, name("notes.txt")); }), EWOULDBLOCK);
}

}  // namespace
}  // namespace netlab
