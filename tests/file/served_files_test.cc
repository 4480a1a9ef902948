#include "file/served_files.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "socket/syscalls.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"
#include "support/without_openat2.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

std::string content_of(const ServedFile& file) {
  std::string text(file.status.size, '\0');
  call::read_at(file.fd.get(), std::as_writable_bytes(std::span(text)), 0);
  return text;
}

class ServedFilesFixture : public testing::Test {
 protected:
  ServedFilesFixture() {
    fs::create_directories(directory_.path("served/sub"));
    directory_.write("secret.txt", "secret");
    directory_.write("served/notes.txt", "notes");
    directory_.write("served/sub/inner.txt", "inner");
  }

  void link(const std::string& target, std::string_view name) const {
    fs::create_symlink(target, directory_.path(name));
  }

  TemporaryDirectory directory_;
};

// Runs with and without openat2(2): the same names must open, and the same names must fail.
class ServedFilesTest : public ServedFilesFixture, public EitherOpenat2 {
 protected:
  static int error_in(const std::string& served, const std::string& name) {
    int error = 0;
    run([&] {
      const ServedFiles files(served, "");
      error = error_of([&] { files.open(name); });
    });
    return error;
  }
  int error_for(const std::string& name) const { return error_in(directory_.path("served"), name); }
  std::string read(const std::string& name) const {
    std::string content;
    run([&] { content = content_of(ServedFiles(directory_.path("served"), "").open(name)); });
    return content;
  }
};

TEST_P(ServedFilesTest, OpensFilesBeneathTheDirectory) {
  EXPECT_EQ(read("notes.txt"), "notes");
  EXPECT_EQ(read("sub/inner.txt"), "inner");
  EXPECT_EQ(read("./sub//inner.txt"), "inner");
  EXPECT_EQ(read("sub/../notes.txt"), "notes");
}

TEST_P(ServedFilesTest, ReportsSizeAndName) {
  run([&] {
    const ServedFile file = ServedFiles(directory_.path("served"), "").open("notes.txt");
    EXPECT_EQ(file.status.size, 5u);
    EXPECT_EQ(file.name, "notes.txt");
  });
}

TEST_P(ServedFilesTest, RejectsNamesThatLeadOutside) {
  EXPECT_EQ(error_for("../secret.txt"), EXDEV);
  EXPECT_EQ(error_for("sub/../../secret.txt"), EXDEV);
  EXPECT_EQ(error_for(".."), EXDEV);
  EXPECT_EQ(error_for("/etc/passwd"), EXDEV);
  EXPECT_EQ(error_for(directory_.path("served/notes.txt")), EXDEV);
}

TEST_P(ServedFilesTest, FollowsLinksThatStayInside) {
  link("notes.txt", "served/inside");
  link("../notes.txt", "served/sub/up");
  EXPECT_EQ(read("inside"), "notes");
  EXPECT_EQ(read("sub/up"), "notes");
}

TEST_P(ServedFilesTest, RejectsLinksThatLeadOutside) {
  link("../secret.txt", "served/out");
  link(directory_.path("secret.txt"), "served/absolute");
  link("..", "served/parent");
  link("/proc/self/root", "served/magic");
  link("loop", "served/loop");
  EXPECT_EQ(error_for("out"), EXDEV);
  EXPECT_EQ(error_for("absolute"), EXDEV);
  EXPECT_EQ(error_for("parent/secret.txt"), EXDEV);
  EXPECT_EQ(error_for("magic/etc/passwd"), EXDEV);
  EXPECT_EQ(error_for("loop"), ELOOP);
}

TEST_P(ServedFilesTest, RejectsMagicLinks) {
  // In user space, a magic link looks like a link to an absolute path.
  const int expected = GetParam() ? ELOOP : EXDEV;
  EXPECT_EQ(error_in("/proc/self", "root/etc/passwd"), expected);
  EXPECT_EQ(error_in("/proc/self", "exe"), expected);
  // fd/0 links to "/dev/null", or to "pipe:[1234]", which reads as a relative name.
  const int of_descriptor = error_in("/proc/self", "fd/0");
  EXPECT_TRUE(of_descriptor == expected || (!GetParam() && of_descriptor == ENOENT))
      << of_descriptor;
}

TEST_P(ServedFilesTest, FollowsAtMost40Links) {
  link("../notes.txt", "served/sub/0");
  for (int i = 1; i <= 40; ++i)
    link("../sub/./" + std::to_string(i - 1), "served/sub/" + std::to_string(i));
  EXPECT_EQ(read("sub/39"), "notes");
  EXPECT_EQ(error_for("sub/40"), ELOOP);
}

TEST_P(ServedFilesTest, ResolvesDotDotAndTrailingSlashesLikeTheKernel) {
  fs::create_directories(directory_.path("served/a/b/c"));
  link("a/b/c", "served/deep");
  link("sub/", "served/slash");
  link(".", "served/here");
  directory_.write("served/a/b/near", "near");
  EXPECT_EQ(read("deep/../near"), "near");
  EXPECT_EQ(read("deep/.././../../notes.txt"), "notes");
  EXPECT_EQ(error_for("deep/../../../../secret.txt"), EXDEV);
  EXPECT_EQ(read("slash/inner.txt"), "inner");
  EXPECT_EQ(read("here/here/sub/../here/notes.txt"), "notes");
  EXPECT_EQ(error_for("sub/.."), EISDIR);
  EXPECT_EQ(error_for("slash"), EISDIR);
  EXPECT_EQ(error_for("notes.txt/"), ENOTDIR);
  EXPECT_EQ(error_for("notes.txt/."), ENOTDIR);
  EXPECT_EQ(error_for("notes.txt/.."), ENOTDIR);
  EXPECT_EQ(error_for("absent/../notes.txt"), ENOENT);
}

// The kernel also requires search permission for a directory that ".." leaves.
TEST_P(ServedFilesTest, RequiresSearchPermissionForEachDirectory) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may search any";
  fs::permissions(directory_.path("served/sub"), fs::perms::owner_read);
  EXPECT_EQ(error_for("sub/../notes.txt"), EACCES);
  EXPECT_EQ(error_for("sub/inner.txt"), EACCES);
  fs::permissions(directory_.path("served/sub"), fs::perms::owner_all);
}

TEST_P(ServedFilesTest, OpensFilesInDeepDirectories) {
  std::string path = "served";
  for (int i = 0; i < 120; ++i) path += "/d";
  fs::create_directories(directory_.path(path));
  directory_.write(path + "/file", "deep");
  EXPECT_EQ(read(path.substr(sizeof "served") + "/file"), "deep");
}

TEST_P(ServedFilesTest, OpensOnlyRegularFiles) {
  ASSERT_EQ(mkfifo(directory_.path("served/fifo").c_str(), 0600), 0);
  const Fd socket = call::socket(AF_UNIX, SOCK_STREAM);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, directory_.path("served/socket").c_str(),
               sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(error_for("sub"), EISDIR);
  EXPECT_EQ(error_for("."), EISDIR);
  EXPECT_EQ(error_for("fifo"), EINVAL);  // without blocking until a writer opens it
  EXPECT_EQ(error_for("socket"), ENXIO);
}

TEST_P(ServedFilesTest, RejectsInvalidNames) {
  EXPECT_EQ(error_for("absent.txt"), ENOENT);
  EXPECT_EQ(error_for("notes.txt/x"), ENOTDIR);
  EXPECT_EQ(error_for("notes.txt\0x"s), ENOENT);
  EXPECT_EQ(error_for("\0"s), ENOENT);
  EXPECT_EQ(error_for(std::string(256, 'x')), ENAMETOOLONG);
  EXPECT_EQ(error_for(std::string(100'000, 'x')), ENAMETOOLONG);
}

TEST_P(ServedFilesTest, OpensTheDefaultForAnEmptyName) {
  EXPECT_EQ(error_for(""), ENOENT);
  run([&] {
    EXPECT_EQ(content_of(ServedFiles(directory_.path("served"), "notes.txt").open("")), "notes");
  });
}

TEST_P(ServedFilesTest, ConstructorRejectsAMissingDefault) {
  run([&] {
    EXPECT_EQ(thrown_by<SystemError>([&] { ServedFiles(directory_.path("served"), "absent"); }),
              "open absent: No such file or directory");
    EXPECT_EQ(error_of([&] { ServedFiles(directory_.path("served"), "../secret.txt"); }), EXDEV);
    EXPECT_EQ(thrown_by<SystemError>([&] { ServedFiles(directory_.path("absent"), ""); }),
              "open " + directory_.path("absent") + ": No such file or directory");
  });
}

TEST_P(ServedFilesTest, ServingOneFileHidesItsSiblings) {
  run([&] {
    directory_.write("served/other.txt", "other");
    const ServedFiles files(directory_.path("served/notes.txt"), "");
    EXPECT_EQ(files.default_name(), "notes.txt");
    EXPECT_EQ(content_of(files.open("")), "notes");
    EXPECT_EQ(content_of(files.open("notes.txt")), "notes");
    EXPECT_EQ(error_of([&] { files.open("other.txt"); }), ENOENT);
    EXPECT_EQ(error_of([&] { files.open("sub/inner.txt"); }), ENOENT);
  });
}

TEST_P(ServedFilesTest, FindsASingleFileInTheCurrentDirectory) {
  run([&] {
    const fs::path before = fs::current_path();
    fs::current_path(directory_.path("served"));
    EXPECT_EQ(content_of(ServedFiles("notes.txt", "").open("")), "notes");
    fs::current_path(before);
  });
}

INSTANTIATE_TEST_SUITE_P(Openat2, ServedFilesTest, testing::Bool(), EitherOpenat2::name);

class FileTagTest : public ServedFilesFixture {
 protected:
  std::string tag() const {
    return ServedFiles(directory_.path("served"), "").open("notes.txt").status.tag;
  }
};

TEST_F(FileTagTest, StaysTheSameWhileTheFileIsUnchanged) {
  const std::string before = tag();
  EXPECT_EQ(content_of(ServedFiles(directory_.path("served"), "").open("notes.txt")), "notes");
  EXPECT_EQ(tag(), before);
  EXPECT_LE(before.size(), 64u);
}

TEST_F(FileTagTest, ChangesWithOnlyTheModificationTime) {
  const std::string before = tag();
  const fs::path file = directory_.path("served/notes.txt");
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::nanoseconds(1));
  EXPECT_NE(tag(), before);
}

TEST_F(FileTagTest, ChangesWhenTheFileIsReplaced) {
  const std::string before = tag();
  const fs::path file = directory_.path("served/notes.txt");
  directory_.write("new", "NOTES");
  fs::last_write_time(directory_.path("new"), fs::last_write_time(file));
  fs::rename(directory_.path("new"), file);
  EXPECT_NE(tag(), before);
}

}  // namespace
}  // namespace netlab
