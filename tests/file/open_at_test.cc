#include "file/open_at.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "socket/fd.h"
#include "support/temporary_directory.h"
#include "support/without_openat2.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;

// Each directory along the path holds a descriptor.
TEST(OpenBeneathByComponent, LimitsTheDepthTo128Directories) {
  const TemporaryDirectory directory;
  std::string path;
  for (int i = 0; i < 129; ++i) path += "d/";
  fs::create_directories(directory.path(path));
  const Fd top(open_anywhere(AT_FDCWD, directory.path().c_str(), O_PATH | O_DIRECTORY, 0));
  const std::string deepest = path.substr(2) + ".";
  const Fd reached(open_beneath_by_component(top.get(), deepest.c_str(), O_RDONLY, 0));
  EXPECT_TRUE(reached);
  EXPECT_EQ(open_beneath_by_component(top.get(), path.c_str(), O_RDONLY, 0), -ENAMETOOLONG);
}

TEST(OpenBeneathByComponent, LimitsThePathTo4096Components) {
  const TemporaryDirectory directory;
  fs::create_directories(directory.path("d"));
  directory.write("file", "");
  const Fd top(open_anywhere(AT_FDCWD, directory.path().c_str(), O_PATH | O_DIRECTORY, 0));
  std::string path;
  for (int i = 0; i < 800; ++i) path += "d/../";
  const std::string once = path + "file";
  EXPECT_TRUE(Fd(open_beneath_by_component(top.get(), once.c_str(), O_RDONLY, 0)));
  for (int i = 0; i < 3; ++i) {
    const std::string link = "link" + std::to_string(i);
    fs::create_symlink(path, directory.path(link));
    path = link + "/" + path.substr(0, 3990);
  }
  EXPECT_EQ(open_beneath_by_component(top.get(), (path + "file").c_str(), O_RDONLY, 0),
            -ENAMETOOLONG);
}

TEST(OpenBeneathByComponent, HonorsNofollowAndExclForTheLastComponent) {
  const TemporaryDirectory directory;
  directory.write("file", "");
  fs::create_symlink("file", directory.path("link"));
  fs::create_symlink("new", directory.path("dangling"));
  const Fd top(open_anywhere(AT_FDCWD, directory.path().c_str(), O_PATH | O_DIRECTORY, 0));
  const auto open = [&](const char* name, int flags) {
    return Fd(open_beneath_by_component(top.get(), name, flags, 0600)).get();
  };
  EXPECT_EQ(open("link", O_RDONLY | O_NOFOLLOW), -ELOOP);
  EXPECT_EQ(open("dangling", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
  EXPECT_GE(open("dangling", O_WRONLY | O_CREAT), 0);
  EXPECT_TRUE(fs::exists(directory.path("new")));
}

TEST(ChooseOpenBeneath, PrefersTheKernelWhereOpenat2Works) {
  const Fd here(open_anywhere(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0));
  EXPECT_EQ(choose_open_beneath(here.get()), open_beneath_by_kernel);
  for (const int error : {ENOSYS, EPERM, EINVAL, EOPNOTSUPP})
    without_openat2(
        [&] { EXPECT_EQ(choose_open_beneath(here.get()), open_beneath_by_component) << error; },
        error);
}

}  // namespace
}  // namespace netlab
