// The server session of the lab wire: LIST, HASH and RANGE.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>
#include <sstream>

#include "protocol/lab/codec.h"
#include "support/served_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;

class LabSessionInspectTest : public testing::Test {
 protected:
  LabSessionInspectTest() {
    files_.put("notes.txt", "hello, world\n");
    client_.set_deadline(add_saturating(files_.network.now(), std::chrono::seconds(300)));
  }

  // The lines of the reply except the first, which is kept in first_.
  std::vector<std::string> lines_of(std::string_view request) {
    client_.says(request);
    files_.serve(client_);
    std::istringstream text(client_.written());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    EXPECT_FALSE(lines.empty());
    first_ = lines.front();
    lines.erase(lines.begin());
    return lines;
  }

  ServedDirectory files_;
  ScriptedStream client_{files_.network};
  std::string first_;
};

TEST_F(LabSessionInspectTest, ListsADirectory) {
  fs::create_directory(files_.directory.path("served/sub"));
  fs::create_symlink("notes.txt", files_.directory.path("served/link"));
  ASSERT_EQ(mkfifo(files_.directory.path("served/fi fo").c_str(), 0600), 0);
  ASSERT_EQ(chmod(files_.directory.path("served/notes.txt").c_str(), 0755), 0);
  std::set<std::string> kinds_and_names;
  const auto lines = lines_of("LIST .\n");
  // The file system decides the size of a directory: 4096 on ext4, e.g. 120 on tmpfs.
  struct stat served = {};
  ASSERT_EQ(stat(files_.directory.path("served").c_str(), &served), 0);
  EXPECT_TRUE(first_.starts_with("OK " + std::to_string(served.st_size) + " 0 ")) << first_;
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "END");
  for (const std::string& line : lines) {
    if (line == "END") break;
    const auto entry = std::get<Entry>(lab::parse_item(line));
    kinds_and_names.insert(line.substr(0, line.find(' ')) + " " + entry.name + " " +
                           std::to_string(entry.size) + (entry.executable ? " x" : ""));
    EXPECT_GT(entry.modified, 1'000'000'000'000'000'000u);
  }
  EXPECT_EQ(kinds_and_names, (std::set<std::string>{"file notes.txt 13 x", "folder sub 0",
                                                    "link link 0", "other fi fo 0"}));
}

TEST_F(LabSessionInspectTest, ListsNamesWithAnyBytes) {
  std::set<std::string> names;
  for (int byte = 1; byte < 256; ++byte)
    if (byte != '/' && byte != '.') names.insert("x" + std::string(1, static_cast<char>(byte)));
  names.insert(std::string(255, '\xff'));
  fs::create_directory(files_.directory.path("served/odd"));
  for (const std::string& name : names) files_.put("odd/" + name, "");
  std::set<std::string> listed;
  for (const std::string& line : lines_of("LIST odd\n"))
    if (line != "END") listed.insert(std::get<Entry>(lab::parse_item(line)).name);
  EXPECT_EQ(listed, names);
}

TEST_F(LabSessionInspectTest, ListsOnlyDirectories) {
  fs::create_directory_symlink("/", files_.directory.path("served/root"));
  EXPECT_EQ(lines_of("LIST absent\nLIST notes.txt\nLIST ..\nLIST /\nLIST root\nLIST *\n"),
            (std::vector<std::string>{"ERROR not-a-folder Not a directory",
                                      "ERROR not-allowed leads outside the served directory",
                                      "ERROR not-allowed leads outside the served directory",
                                      "ERROR not-allowed leads outside the served directory",
                                      "ERROR no-such-file No such file or directory"}));
  EXPECT_EQ(first_, "ERROR no-such-file No such file or directory");
}

TEST_F(LabSessionInspectTest, ListsLargeDirectoriesInPieces) {
  fs::create_directory(files_.directory.path("served/many"));
  for (int i = 0; i < 2000; ++i) files_.put("many/file" + std::to_string(i), "");
  EXPECT_EQ(lines_of("LIST many\n").size(), 2001u);
  EXPECT_GT(client_.writes.size(), 3u);
}

TEST_F(LabSessionInspectTest, HashesBlocks) {
  files_.put("notes.txt", std::string(5000, 'a'));
  EXPECT_EQ(lines_of("HASH notes.txt 0 5000 4096\n").size(), 2u);
  EXPECT_EQ(first_ + "\n", files_.ok("notes.txt", "5000 0"));
}

// The expected value is from xxhsum -H2.
TEST_F(LabSessionInspectTest, HashesOnlyExistingBytes) {
  EXPECT_EQ(lines_of("HASH notes.txt 0 1000000 4096\n"),
            std::vector<std::string>{"aef7d73364a11a632fc4faefcc422cb8"});
}

TEST_F(LabSessionInspectTest, HashesNothingAtTheEndOfTheFile) {
  EXPECT_TRUE(lines_of("HASH notes.txt 13 100 4096\n").empty());
  EXPECT_EQ(first_ + "\n", files_.ok("notes.txt", "13 13"));
}

TEST_F(LabSessionInspectTest, RejectsBlockSizesOutOfRange) {
  for (const char* block : {"0", "1", "4095", "1048577", "9223372036854775807"}) {
    ScriptedStream client(files_.network);
    client.says(std::string("HASH notes.txt 0 13 ") + block + "\n");
    EXPECT_EQ(thrown_by<ProtocolError>([&] { files_.serve(client); }),
              std::string("block size ") + block + ": must be from 4096 to 1048576");
  }
}

TEST_F(LabSessionInspectTest, SendsARange) {
  client_.says("RANGE notes.txt 7 3 " + files_.tag("notes.txt") + "\nRANGE notes.txt 7 100\n");
  files_.serve(client_);
  const std::string ok = files_.ok("notes.txt", "13 7");
  EXPECT_EQ(client_.written(), ok + "wor" + ok + "world\n");
}

TEST_F(LabSessionInspectTest, KeepsTheRateLimit) {
  files_.limit_rate = 1000;
  files_.put("notes.txt", std::string(10'000, 'x'));
  client_.says("GET notes.txt 0\n");
  files_.serve(client_);
  // The reply line counts towards the rate.
  EXPECT_EQ(files_.network.passed(), std::chrono::milliseconds(client_.written().size()));
}

}  // namespace
}  // namespace netlab
