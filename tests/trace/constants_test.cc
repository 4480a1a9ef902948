#include "trace/constants.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

namespace netlab::trace {
namespace {

using Kind = Flag::Kind;

TEST(Constants, NamesConstants) {
  EXPECT_EQ(text(Flag{Kind::family, AF_INET6}), "AF_INET6");
  EXPECT_EQ(text(Flag{Kind::type, SOCK_STREAM | SOCK_CLOEXEC}), "SOCK_STREAM|SOCK_CLOEXEC");
  EXPECT_EQ(text(Flag{Kind::type, SOCK_CLOEXEC | SOCK_NONBLOCK}), "SOCK_CLOEXEC|SOCK_NONBLOCK");
  EXPECT_EQ(text(Flag{Kind::message, MSG_NOSIGNAL}), "MSG_NOSIGNAL");
  EXPECT_EQ(text(Flag{Kind::level, SOL_SOCKET}), "SOL_SOCKET");
  EXPECT_EQ(text(Flag{Kind::option, SO_REUSEADDR, SOL_SOCKET}), "SO_REUSEADDR");
  EXPECT_EQ(text(Flag{Kind::option, TCP_NODELAY, IPPROTO_TCP}), "TCP_NODELAY");
  EXPECT_EQ(text(Flag{Kind::option, IPV6_V6ONLY, IPPROTO_IPV6}), "IPV6_V6ONLY");
  EXPECT_EQ(text(Flag{Kind::shutdown, SHUT_WR}), "SHUT_WR");
  EXPECT_EQ(text(Flag{Kind::epoll_action, EPOLL_CTL_DEL}), "EPOLL_CTL_DEL");
  EXPECT_EQ(text(Flag{Kind::events, EPOLLIN | EPOLLOUT}), "EPOLLIN|EPOLLOUT");
}

TEST(Constants, ShowsTheNumberOfAnUnnamedConstant) {
  EXPECT_EQ(text(Flag{Kind::family, 99}), "99");
  EXPECT_EQ(text(Flag{Kind::message, 0}), "0");
  EXPECT_EQ(text(Flag{Kind::message, MSG_NOSIGNAL | 0x10000}), "MSG_NOSIGNAL|0x10000");
}

TEST(Constants, NamesPollEvents) {
  EXPECT_EQ(poll_events(POLLIN | POLLOUT), "POLLIN|POLLOUT");
  EXPECT_EQ(poll_events(0), "0");
}

}  // namespace
}  // namespace netlab::trace
