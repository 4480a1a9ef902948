// Runs every fuzz target with each of its seeds. Inputs that once failed are kept as seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>

#include "fuzz/targets.h"

#define DECLARE(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
FUZZ_TARGETS(DECLARE)

namespace netlab {
namespace {

namespace fs = std::filesystem;

struct Seed {
  std::string target;
  int (*run)(const std::uint8_t* data, std::size_t size);
  fs::path file;
};

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const std::string& target, auto run) {
    for (const auto& entry : fs::directory_iterator(fs::path(FUZZ_SEEDS) / target))
      all.push_back({target, run, entry.path()});
  };
#define ADD(name) add(#name, fuzz_##name);
  FUZZ_TARGETS(ADD)
  std::ranges::sort(all, {}, &Seed::file);
  return all;
}

void PrintTo(const Seed& seed, std::ostream* out) {
  *out << seed.file.string();
}

class Replay : public testing::TestWithParam<Seed> {};

TEST_P(Replay, Passes) {
  std::ifstream file(GetParam().file, std::ios::binary);
  ASSERT_TRUE(file);
  const std::string input{std::istreambuf_iterator<char>(file), {}};
  GetParam().run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string name_of(const testing::TestParamInfo<Seed>& seed) {
  std::string name = seed.param.target + "_" + seed.param.file.filename().string();
  std::ranges::replace_if(
      name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, testing::ValuesIn(seeds()), name_of);

TEST(Seeds, BelongToATarget) {
  std::set<std::string> targets;
  for (const Seed& seed : seeds()) targets.insert(seed.target);
  for (const auto& entry : fs::directory_iterator(FUZZ_SEEDS))
    EXPECT_TRUE(targets.contains(entry.path().filename())) << entry.path();
}

}  // namespace
}  // namespace netlab
