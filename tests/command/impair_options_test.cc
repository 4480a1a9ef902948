#include "command/shared/impair_options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/captured.h"
#include "support/parsed_options.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class ImpairOptionsTest : public testing::Test {
 public:
  void declare(Options& options) {
    impair_.declare(options);
    impair_.declare_seed(options);
  }

 protected:
  void parse(const std::vector<std::string>& words) { parse_options(*this, words); }

  ImpairOptions impair_;
};

TEST_F(ImpairOptionsTest, HasDefaults) {
  parse({"9000", "8888"});
  EXPECT_EQ(impair_.listening_address().text(), "127.0.0.1:9000");
  EXPECT_EQ(impair_.server().text(), "127.0.0.1:8888");
  EXPECT_EQ(impair_.max_clients(), 256u);
  EXPECT_EQ(impair_.idle_timeout(), 300s);
}

TEST_F(ImpairOptionsTest, TakesAddressesAndLimits) {
  parse({"192.0.2.1:0", "[::1]:5001", "--max-clients", "1", "--idle-timeout", "0.5"});
  EXPECT_EQ(impair_.listening_address().text(), "192.0.2.1:0");
  EXPECT_EQ(impair_.server().text(), "[::1]:5001");
  EXPECT_EQ(impair_.max_clients(), 1u);
  EXPECT_EQ(impair_.idle_timeout(), 500ms);
}

TEST_F(ImpairOptionsTest, RejectsAddressesThatCannotBeUsed) {
  const auto error_of_server = [](const std::string& forward) {
    ImpairOptions impair;
    parse_options(impair, {"9000", forward});
    return thrown_by<std::invalid_argument>([&] { impair.server(); });
  };
  EXPECT_EQ(error_of_server(""), "FORWARD must not be empty, e.g. localhost:8888");
  EXPECT_EQ(error_of_server("localhost"), "FORWARD 'localhost' must have a port");
  EXPECT_EQ(error_of_server("127.0.0.1:0"), "FORWARD '127.0.0.1:0': the port must not be 0");
  EXPECT_EQ(error_of_server("0"), "FORWARD '0': the port must not be 0");
}

TEST_F(ImpairOptionsTest, RejectsAnIdleTimeoutOfZero) {
  parse({"9000", "8888", "--idle-timeout", "0"});
  EXPECT_EQ(thrown_by([&] { impair_.idle_timeout(); }), "--idle-timeout must be greater than 0");
}

TEST_F(ImpairOptionsTest, UsesTheSeedOfTheCommandLine) {
  parse({"9000", "8888", "--seed", "42"});
  EXPECT_EQ(impair_.seed(), 42u);
}

TEST_F(ImpairOptionsTest, ChoosesASeedOnce) {
  parse({"9000", "8888"});
  const std::uint64_t seed = impair_.seed();
  EXPECT_EQ(impair_.seed(), seed);
}

TEST_F(ImpairOptionsTest, AnnouncesTheAddressesAndTheSeed) {
  const TemporaryDirectory directory;
  parse({"9000", "8888", "--seed", "42", "--port-file", directory.path("port")});
  Captured out(STDOUT_FILENO);
  impair_.announce(Address::loopback(9000), Address::loopback(8888), "impair udp", Output());
  EXPECT_EQ(out.text(),
            "listening on 127.0.0.1:9000 (impair udp)\nforwarding to 127.0.0.1:8888, seed 42\n");
  EXPECT_EQ(directory.read("port"), "9000\n");
}

TEST_F(ImpairOptionsTest, RefusesToForwardToItself) {
  parse({"9000", "9000"});
  const std::string why = "FORWARD must differ from LISTEN: traffic would loop";
  for (const Address& local : {Address::loopback(9000), Address::any_v4(9000)})
    EXPECT_EQ(thrown_by<std::invalid_argument>([&] {
                impair_.announce(local, Address::loopback(9000), "impair udp", Output());
              }),
              why);
}

}  // namespace
}  // namespace netlab
