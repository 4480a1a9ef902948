#include "impair/proxy/send_batches.h"

#include <algorithm>
#include <cerrno>

namespace netlab {
namespace {

Datagram message_of(const DelayedBatch& batch, const Address& server) {
  const bool up = batch.direction == Direction::up;
  return {.bytes = batch.bytes,
          .peer = up ? server : batch.flow->client,
          .local = up ? Address() : batch.flow->local,
          .segment = batch.count() > 1 ? batch.segment : 0};
}

// Whether the datagrams of a failed batch may succeed one by one: the kernel or the network
// interface may not support UDP_SEGMENT.
bool can_retry_singly(int error) {
  return error == EINVAL || error == EIO || error == EMSGSIZE;
}

// Sends, and retries once after ECONNREFUSED, which reports an ICMP error of an earlier datagram.
int send_retrying_refused(std::span<const Datagram> messages, const SendDatagrams& send,
                          SendReport& report) {
  const int result = send(messages);
  if (result != -ECONNREFUSED) return result;
  ++report.refused;
  return send(messages);
}

// Handles a batch that could not be sent: retries its datagrams one by one if that may help.
void handle_failed(const DelayedBatch& batch, const Datagram& message, int error,
                   const SendDatagrams& send, SendReport& report) {
  const bool singly = message.segment > 0 && can_retry_singly(error);
  std::span<const std::byte> left = message.bytes;
  for (std::size_t i = 0; i < batch.count(); ++i) {
    Datagram one = message;
    one.bytes = left.first(std::min(batch.segment, left.size()));
    one.segment = 0;
    left = left.subspan(one.bytes.size());
    const int result = singly ? send_retrying_refused({&one, 1}, send, report) : -error;
    if (result < 0) report.unsent.push_back({&batch, batch.first + i, one.bytes.size(), -result});
  }
}

}  // namespace

SendReport send_batches(std::span<const DelayedBatch> batches, const Address& server,
                        const SendDatagrams& send) {
  std::vector<Datagram> messages;
  messages.reserve(batches.size());
  for (const DelayedBatch& batch : batches) messages.push_back(message_of(batch, server));
  SendReport report;
  for (std::size_t sent = 0; sent < messages.size();) {
    const int result = send_retrying_refused(std::span(messages).subspan(sent), send, report);
    if (result < 0) handle_failed(batches[sent], messages[sent], -result, send, report);
    sent += static_cast<std::size_t>(result < 0 ? 1 : result);
  }
  return report;
}

}  // namespace netlab
