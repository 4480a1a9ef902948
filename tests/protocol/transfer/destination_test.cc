#include "protocol/transfer/destination.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::string_literals;

// A file whose server states this name. It is not transferred.
class NamedFile : public RemoteFile {
 public:
  explicit NamedFile(std::optional<std::string> name) : name_(std::move(name)) {}

  int stats() const { return stats_; }

  std::optional<Info> stat() override {
    ++stats_;
    if (!name_) return std::nullopt;
    return Info{.name = *name_, .size = 5, .tag = "t"};
  }
  Info open(Purpose, std::uint64_t, const std::string&) override { return {}; }
  std::unique_ptr<RemoteFile> open_parallel() const override { return nullptr; }
  Info open_range(std::uint64_t, std::uint64_t, const std::string&) override { return {}; }
  std::size_t receive(std::span<std::byte>) override { return 0; }
  std::size_t receive_file(const Fd&, const std::string&, std::size_t) override { return 0; }
  bool open_hashes(std::uint64_t, std::uint64_t, std::uint64_t, const std::string&) override {
    return false;
  }
  std::string next_hash() override { return {}; }
  void set_deadline(Instant) override {}

 private:
  std::optional<std::string> name_;
  int stats_ = 0;
};

class DestinationTest : public testing::Test {
 protected:
  using Kind = Destination::Kind;

  Destination choose(const DownloadRequest& request) {
    return choose_destination(request, remote_);
  }

  static void expect_is(const Destination& destination, const std::string& path,
                        Kind kind = Kind::file) {
    EXPECT_EQ(destination.path, path);
    EXPECT_EQ(destination.kind, kind);
  }

  TemporaryDirectory directory_;
  NamedFile remote_{"sub/notes.txt"};
};

TEST_F(DestinationTest, DashIsStandardOutput) {
  expect_is(choose({.destination = "-"}), "-", Kind::standard_output);
}

TEST_F(DestinationTest, PathIsUsedWhetherItExistsOrNot) {
  const std::string path = directory_.path("mine");
  expect_is(choose({.destination = path, .name = "notes.txt"}), path);
  directory_.write("mine", "text");
  expect_is(choose({.destination = path, .name = "notes.txt"}), path);
  EXPECT_EQ(remote_.stats(), 0);
}

TEST_F(DestinationTest, DirectoryGetsTheLastPartOfTheRequestedName) {
  expect_is(choose({.destination = directory_.path(), .name = "other/.bashrc"}),
            directory_.path() + "/.bashrc");
  EXPECT_EQ(remote_.stats(), 0);
}

TEST_F(DestinationTest, DirectoryGetsTheNameFromTheServer) {
  expect_is(choose({.destination = directory_.path()}), directory_.path() + "/notes.txt");
  EXPECT_EQ(remote_.stats(), 1);
}

TEST_F(DestinationTest, NoPathIsTheCurrentDirectory) {
  expect_is(choose({.destination = "", .name = "sub/inner.txt"}), "inner.txt");
  expect_is(choose({.destination = ""}), "notes.txt");
}

TEST_F(DestinationTest, DevicesAndFifosAreSpecial) {
  expect_is(choose({.destination = "/dev/null"}), "/dev/null", Kind::special);
  const std::string fifo = directory_.path("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  expect_is(choose({.destination = fifo}), fifo, Kind::special);
}

TEST_F(DestinationTest, RejectsUnusableNames) {
  const auto why_of = [](const std::string& requested, std::optional<std::string> stated) {
    NamedFile remote(std::move(stated));
    return thrown_by<ProtocolError>(
        [&] { choose_destination({.destination = "", .name = requested}, remote); });
  };
  const std::string why = "the remote file has no usable name: a destination is required";
  const std::string with_nul("a\0b", 3);
  for (const std::string& name : {"a/"s, "a/.."s, "."s, with_nul})
    EXPECT_EQ(why_of(name, "notes.txt"), why) << name;
  for (const std::string& name :
       {""s, "."s, ".."s, "a/"s, "a/.."s, "/"s, with_nul, ".bashrc"s, "a\x1B[2J"s})
    EXPECT_EQ(why_of("", name), why) << name;
  EXPECT_EQ(why_of("", std::nullopt), why);
}

}  // namespace
}  // namespace netlab
