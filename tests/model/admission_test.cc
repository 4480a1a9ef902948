#include "model/admission.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>

#include "model/models.h"

namespace netlab {
namespace {

Address host(const char* text, std::uint16_t port) {
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_port = htons(port);
  inet_pton(AF_INET, text, &raw.sin_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &raw, sizeof raw);
  return Address::from_raw(storage);
}

class AdmissionTest : public testing::Test {
 protected:
  std::vector<std::string> rejected_;
  const Service service_{
      .transport = tcp(),
      .listen = {},
      .handle = {},
      .limits = {.max_clients = 4, .max_per_host = 2, .max_per_host_name = "--max-per-host"},
      .listening = {},
      .failed = [this](const Address& client,
                       const std::string& why) { rejected_.push_back(client.text() + " " + why); },
  };
  Admission admission_{service_};
};

TEST_F(AdmissionTest, IsFullAtMaxClients) {
  for (std::uint16_t port = 1; port <= 4; ++port) {
    EXPECT_FALSE(admission_.full());
    EXPECT_TRUE(admission_.admit(Address::loopback(port)));
  }
  EXPECT_TRUE(admission_.full());
  admission_.leave(Address::loopback(1));
  EXPECT_FALSE(admission_.full());
  EXPECT_EQ(admission_.clients(), 3u);
}

TEST_F(AdmissionTest, RejectsConnectionsBeyondMaxPerHost) {
  EXPECT_TRUE(admission_.admit(host("192.0.2.1", 1)));
  EXPECT_TRUE(admission_.admit(host("192.0.2.1", 2)));
  EXPECT_FALSE(admission_.admit(host("192.0.2.1", 3)));
  EXPECT_EQ(rejected_, std::vector<std::string>{"192.0.2.1:3 rejected: this host already has 2 "
                                                "connections (--max-per-host)"});
  EXPECT_EQ(admission_.clients(), 2u);
  EXPECT_TRUE(admission_.admit(host("192.0.2.2", 1)));
}

TEST_F(AdmissionTest, LeavingFreesASlotOfTheHost) {
  admission_.admit(host("192.0.2.1", 1));
  admission_.admit(host("192.0.2.1", 2));
  admission_.leave(host("192.0.2.1", 1));
  EXPECT_TRUE(admission_.admit(host("192.0.2.1", 3)));
  EXPECT_FALSE(admission_.admit(host("192.0.2.1", 4)));
}

TEST_F(AdmissionTest, ExemptsLoopback) {
  for (std::uint16_t port = 1; port <= 4; ++port)
    EXPECT_TRUE(admission_.admit(Address::loopback(port)));
  EXPECT_TRUE(rejected_.empty());
}

TEST(Models, HaveNamesAndSummaries) {
  std::vector<std::string_view> names;
  for (const Model& model : models()) {
    names.push_back(model.name);
    EXPECT_FALSE(model.summary.empty());
  }
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"iterative", "fork", "threads", "epoll", "uring"}));
}

}  // namespace
}  // namespace netlab
