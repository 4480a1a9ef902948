#include "file/path_state.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "socket/syscalls.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

TEST(PathState, HasKindAndSize) {
  TemporaryDirectory directory;
  directory.write("notes.txt", "hello");
  EXPECT_EQ(look_at(directory.path("absent")).kind, PathState::Kind::absent);
  EXPECT_EQ(look_at(directory.path()).kind, PathState::Kind::directory);
  EXPECT_EQ(look_at("/dev/null").kind, PathState::Kind::other);
  EXPECT_EQ(look_at(directory.path("notes.txt")).kind, PathState::Kind::regular);
  EXPECT_EQ(look_at(directory.path("notes.txt")).size, 5u);
}

TEST(PathState, FilesAreOpenedWithoutTruncating) {
  TemporaryDirectory directory;
  directory.write("notes.txt", "hello");
  const std::string path = directory.path("notes.txt");
  const Fd file = open_to_write(path);
  seek(file, 3, path);
  call::write_all(file.get(), bytes_of("p!"), path);
  EXPECT_EQ(directory.read("notes.txt"), "help!");
  EXPECT_EQ(error_of([&] { open_to_write(directory.path("absent")); }), ENOENT);
}

}  // namespace
}  // namespace netlab
