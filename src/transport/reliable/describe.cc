#include "transport/reliable/describe.h"

#include <fmt/core.h>

#include "transport/reliable/arq/arq.h"

namespace netlab::reliable {
namespace {

std::string text(const TransportParameters& parameters) {
  std::string_view strategy;
  for (const ArqRow& row : arqs())
    if (row.strategy == parameters.strategy) strategy = row.name;
  return fmt::format("{}, window {}, max datagram {}, max data {}", strategy, parameters.window,
                     parameters.max_datagram, parameters.max_data);
}

std::string text(const Hello& hello) {
  return fmt::format("HELLO from {:x}: {}{}", hello.client, text(hello.parameters),
                     hello.token.empty() ? "" : ", with token");
}

std::string text(const Retry&) {
  return "RETRY";
}

std::string text(const Welcome& welcome) {
  return fmt::format("WELCOME from {:x}: {}", welcome.server, text(welcome.parameters));
}

std::string text(const Data& data) {
  return fmt::format("DATA {}: bytes {} to {}{}", data.number, data.offset,
                     data.offset + data.payload.size(), data.last ? ", end of stream" : "");
}

std::string text(const Ack& ack) {
  std::string ranges;
  for (std::size_t i = 0; i < ack.count; ++i)
    ranges += fmt::format(" [{}, {})", ack.ranges[i].first, ack.ranges[i].end);
  return fmt::format("ACK {}: cumulative {}, max data {}, delay {} us{}", ack.largest,
                     ack.cumulative_ack, ack.max_data, ack.delay.count(), ranges);
}

std::string text(const Ping& ping) {
  return fmt::format("PING {}", ping.number);
}

std::string text(const Close& close) {
  return fmt::format("CLOSE {}", static_cast<std::uint32_t>(close.code));
}

std::string text(const Gone&) {
  return "GONE";
}

}  // namespace

std::string text(const Packet& packet) {
  return fmt::format("to {:x} {}", packet.to,
                     std::visit([](const auto& body) { return text(body); }, packet.body));
}

}  // namespace netlab::reliable
