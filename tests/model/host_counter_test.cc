#include "model/host_counter.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "support/thrown.h"

namespace netlab {
namespace {

using Slot = ProxiedHostCounter::Slot;

Address proxied_host(std::uint8_t number) {
  return Address::from_host(in_addr{htonl(0xc0000200u + number)});  // 192.0.2.0 + number
}

TEST(ProxiedHostCounter, RejectsConnectionsBeyondTheMaximum) {
  const ProxiedHostCounter hosts(2, "--max-per-host");
  std::optional<Slot> first(std::in_place, hosts, proxied_host(1));
  const Slot second(hosts, proxied_host(1).with_port(9));
  EXPECT_EQ(thrown_by<ProtocolError>([&] { Slot(hosts, proxied_host(1)); }),
            "rejected: this host already has 2 connections (--max-per-host)");
  first.reset();
  const Slot third(hosts, proxied_host(1));
  EXPECT_THROW(Slot(hosts, proxied_host(1)), ProtocolError);
}

TEST(ProxiedHostCounter, CountsEachHostSeparately) {
  const ProxiedHostCounter hosts(1, "--max-per-host");
  std::deque<Slot> slots;
  int rejected = 0;
  for (std::uint8_t number = 0; number < 100; ++number)
    rejected += !thrown_by([&] { slots.emplace_back(hosts, proxied_host(number)); }).empty();
  EXPECT_LT(rejected, 10);  // two hosts collide with a probability of 1 in 65,536
}

TEST(ProxiedHostCounter, ExemptsLoopback) {
  const ProxiedHostCounter hosts(1, "--max-per-host");
  const Slot first(hosts, Address::loopback(1));
  const Slot second(hosts, Address::loopback(2));
}

}  // namespace
}  // namespace netlab
