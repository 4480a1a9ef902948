#include "file/share.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "socket/calls.h"
#include "support/temporary_folder.h"
#include "support/thrown.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

std::string content_of(const SharedFile& file) {
  std::string text(file.state.size, '\0');
  call::read_at(file.fd.get(), std::as_writable_bytes(std::span(text)), 0);
  return text;
}

class ShareTest : public testing::Test {
 protected:
  ShareTest() {
    fs::create_directories(folder_.path("served/sub"));
    folder_.write("secret.txt", "secret");
    folder_.write("served/notes.txt", "notes");
    folder_.write("served/sub/inner.txt", "inner");
  }

  int error_for(const std::string& name) const {
    const Share share(folder_.path("served"), "");
    return error_of([&] { share.open(name); });
  }
  std::string read(const std::string& name) const {
    return content_of(Share(folder_.path("served"), "").open(name));
  }
  void link(const std::string& target, std::string_view name) const {
    fs::create_symlink(target, folder_.path(name));
  }

  TemporaryFolder folder_;
};

TEST_F(ShareTest, OpensFilesBeneathTheFolder) {
  EXPECT_EQ(read("notes.txt"), "notes");
  EXPECT_EQ(read("sub/inner.txt"), "inner");
  EXPECT_EQ(read("./sub//inner.txt"), "inner");
  EXPECT_EQ(read("sub/../notes.txt"), "notes");
}

TEST_F(ShareTest, TellsSizeAndName) {
  const SharedFile file = Share(folder_.path("served"), "").open("notes.txt");
  EXPECT_EQ(file.state.size, 5u);
  EXPECT_EQ(file.name, "notes.txt");
}

TEST_F(ShareTest, RefusesWhatLeadsOut) {
  EXPECT_EQ(error_for("../secret.txt"), EXDEV);
  EXPECT_EQ(error_for("sub/../../secret.txt"), EXDEV);
  EXPECT_EQ(error_for(".."), EXDEV);
  EXPECT_EQ(error_for("/etc/passwd"), EXDEV);
  EXPECT_EQ(error_for(folder_.path("served/notes.txt")), EXDEV);
}

TEST_F(ShareTest, FollowsLinksThatStayInside) {
  link("notes.txt", "served/inside");
  link("../notes.txt", "served/sub/up");
  EXPECT_EQ(read("inside"), "notes");
  EXPECT_EQ(read("sub/up"), "notes");
}

TEST_F(ShareTest, RefusesLinksThatLeadOut) {
  link("../secret.txt", "served/out");
  link(folder_.path("secret.txt"), "served/absolute");
  link("..", "served/parent");
  link("/proc/self/root", "served/magic");
  link("loop", "served/loop");
  EXPECT_EQ(error_for("out"), EXDEV);
  EXPECT_EQ(error_for("absolute"), EXDEV);
  EXPECT_EQ(error_for("parent/secret.txt"), EXDEV);
  EXPECT_EQ(error_for("magic/etc/passwd"), EXDEV);
  EXPECT_EQ(error_for("loop"), ELOOP);
}

TEST_F(ShareTest, FollowsNoMagicLinks) {
  const Share share("/proc/self", "");
  EXPECT_EQ(error_of([&] { share.open("root/etc/passwd"); }), ELOOP);
  EXPECT_EQ(error_of([&] { share.open("fd/0"); }), ELOOP);
}

TEST_F(ShareTest, OpensNothingButRegularFiles) {
  ASSERT_EQ(mkfifo(folder_.path("served/fifo").c_str(), 0600), 0);
  const Fd socket = call::socket(AF_UNIX, SOCK_STREAM);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, folder_.path("served/socket").c_str(),
               sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(error_for("sub"), EISDIR);
  EXPECT_EQ(error_for("."), EISDIR);
  EXPECT_EQ(error_for("fifo"), EINVAL);  // and does not wait for somebody who writes to it
  EXPECT_EQ(error_for("socket"), ENXIO);
}

TEST_F(ShareTest, RefusesNamesThatAreNone) {
  EXPECT_EQ(error_for("absent.txt"), ENOENT);
  EXPECT_EQ(error_for("notes.txt/x"), ENOTDIR);
  EXPECT_EQ(error_for("notes.txt\0x"s), ENOENT);
  EXPECT_EQ(error_for("\0"s), ENOENT);
  EXPECT_EQ(error_for(std::string(256, 'x')), ENAMETOOLONG);
  EXPECT_EQ(error_for(std::string(100'000, 'x')), ENAMETOOLONG);
}

TEST_F(ShareTest, GivesTheDefaultToWhoNamesNothing) {
  EXPECT_EQ(error_for(""), ENOENT);
  EXPECT_EQ(content_of(Share(folder_.path("served"), "notes.txt").open("")), "notes");
}

TEST_F(ShareTest, SaysAtOnceThatTheDefaultIsNotThere) {
  EXPECT_EQ(thrown_by<SystemError>([&] { Share(folder_.path("served"), "absent"); }),
            "open absent: No such file or directory");
  EXPECT_EQ(error_of([&] { Share(folder_.path("served"), "../secret.txt"); }), EXDEV);
  EXPECT_EQ(thrown_by<SystemError>([&] { Share(folder_.path("absent"), ""); }),
            "open " + folder_.path("absent") + ": No such file or directory");
}

TEST_F(ShareTest, OfOneFileHasNoOther) {
  folder_.write("served/other.txt", "other");
  const Share share(folder_.path("served/notes.txt"), "");
  EXPECT_EQ(share.default_name(), "notes.txt");
  EXPECT_EQ(content_of(share.open("")), "notes");
  EXPECT_EQ(content_of(share.open("notes.txt")), "notes");
  EXPECT_EQ(error_of([&] { share.open("other.txt"); }), ENOENT);
  EXPECT_EQ(error_of([&] { share.open("sub/inner.txt"); }), ENOENT);
}

TEST_F(ShareTest, OfOneFileFindsItInTheCurrentFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path("served"));
  EXPECT_EQ(content_of(Share("notes.txt", "").open("")), "notes");
  fs::current_path(before);
}

class TagTest : public ShareTest {
 protected:
  std::string tag() const { return Share(folder_.path("served"), "").open("notes.txt").state.tag; }
};

TEST_F(TagTest, StaysWhileTheFileDoes) {
  const std::string before = tag();
  EXPECT_EQ(read("notes.txt"), "notes");
  EXPECT_EQ(tag(), before);
  EXPECT_LE(before.size(), 64u);
}

TEST_F(TagTest, ChangesWithTheModificationTimeAlone) {
  const std::string before = tag();
  const fs::path file = folder_.path("served/notes.txt");
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::nanoseconds(1));
  EXPECT_NE(tag(), before);
}

TEST_F(TagTest, ChangesWhenAnotherFileTakesThePlace) {
  const std::string before = tag();
  const fs::path file = folder_.path("served/notes.txt");
  folder_.write("new", "NOTES");
  fs::last_write_time(folder_.path("new"), fs::last_write_time(file));
  fs::rename(folder_.path("new"), file);
  EXPECT_NE(tag(), before);
}

}  // namespace
}  // namespace netlab
