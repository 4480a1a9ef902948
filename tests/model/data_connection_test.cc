// A handler that listens itself and accepts a data connection, as an FTP server does in passive
// mode (RFC 959 section 3.2), under each serving model with each transport.
#include <gtest/gtest.h>

#include "support/matrix.h"
#include "transport/dual_network.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

// More than the buffers of a connection hold, so the handler waits for its client.
constexpr std::size_t payload_size = LabFiles::size;

// Opens a port and sends the payload over the data connection that it accepts there.
void send_over_data_connection(Stream& control, Network& network, Duration timeout) {
  const auto listener = network.listen(control.local().with_port(0));
  control.write_all(bytes_of("port " + std::to_string(listener->local().port()) + "\n"));
  const auto data = listener->accept(add_saturating(network.now(), timeout));
  if (!data) throw SystemError("accept", ECANCELED);
  data->set_deadline(add_saturating(network.now(), patience));
  data->write_all(bytes_of(std::string(payload_size, data->peer().is_loopback() ? 'x' : '?')));
  data->finish_writing();
  data->close();
}

// Each line of the client is a number: the milliseconds to wait for a data connection.
void serve_data_connections(Stream& control, Network& network) {
  BufferedReader reader(control);
  while (reader.peek() >= 0) {
    const auto timeout = std::chrono::milliseconds(std::stoi(reader.read_line(10)));
    std::string outcome = "sent";
    try {
      send_over_data_connection(control, network, timeout);
    } catch (const SystemError& error) {
      if (error.error() != ETIMEDOUT) throw;
      outcome = error.what();
    }
    control.write_all(bytes_of(outcome + "\n"));
  }
}

const Transport& tcp_or_reliable_udp() {
  static const Transport both = either(tcp(), reliable_udp());
  return both;
}

class DataConnection
    : public MatrixTest,
      public testing::WithParamInterface<std::tuple<const Transport*, const Model*>> {
 protected:
  // The client's end of a control connection.
  struct Control {
    std::unique_ptr<Stream> stream;
    BufferedReader lines{*stream};
    Address data_address{};
  };

  bool start(Duration grace = 5s) {
    return MatrixTest::start({.model = *std::get<1>(GetParam()),
                              .transport = *std::get<0>(GetParam()),
                              .handle = serve_data_connections,
                              .limits = {.grace = grace}});
  }
  // Asks for a data connection; on return the handler listens for it.
  void request(Control& control, Duration timeout = patience) {
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
    control.stream->write_all(bytes_of(std::to_string(wait.count()) + "\n"));
    const std::string line = control.lines.read_line(20);
    ASSERT_TRUE(line.starts_with("port ")) << line;
    control.data_address =
        server_->address().with_port(static_cast<std::uint16_t>(std::stoi(line.substr(5))));
  }
  std::unique_ptr<Stream> connect_data(const Control& control) {
    auto data = network_->connect(control.data_address, network_->now() + patience);
    data->set_deadline(network_->now() + patience);
    return data;
  }
  // Reads the whole payload, and the confirmation on the control connection.
  static void expect_payload(Control& control, Stream& data) {
    BufferedReader reader(data);
    EXPECT_TRUE(reader.read_exact(payload_size) == std::string(payload_size, 'x'));
    EXPECT_EQ(reader.peek(), -1);
    EXPECT_EQ(control.lines.read_line(100), "sent");
  }
  void expect_service(Control& control) {
    request(control);
    const auto data = connect_data(control);
    expect_payload(control, *data);
  }
};

TEST_P(DataConnection, IsAcceptedByTheHandler) {
  if (!start()) GTEST_SKIP() << without_uring;
  Control control{connect()};
  expect_service(control);
  expect_service(control);  // on another port
}

TEST_P(DataConnection, IsAcceptedByTwoHandlersAtOnce) {
  if (!start()) GTEST_SKIP() << without_uring;
  if (iterative_) GTEST_SKIP() << "the model serves one client at a time";
  Control first{connect()};
  Control second{connect()};
  request(first);
  request(second);
  EXPECT_NE(first.data_address, second.data_address);
  const auto second_data = connect_data(second);
  const auto first_data = connect_data(first);
  expect_payload(first, *first_data);
  expect_payload(second, *second_data);
}

TEST_P(DataConnection, TimesOutWhileTheServerKeepsServing) {
  if (!start()) GTEST_SKIP() << without_uring;
  {
    Control control{connect()};
    const Instant asked = Clock::now();
    request(control, 100ms);
    EXPECT_EQ(control.lines.read_line(100), "accept: Connection timed out");
    EXPECT_GE(Clock::now(), asked + 100ms);
    EXPECT_EQ(error_of([&] { connect_data(control); }), ECONNREFUSED);
    expect_service(control);
  }
  Control next{connect()};
  expect_service(next);
}

TEST_P(DataConnection, TimesOutInOneHandlerOnly) {
  if (!start()) GTEST_SKIP() << without_uring;
  if (iterative_) GTEST_SKIP() << "the model serves one client at a time";
  Control strict{connect()};
  Control patient{connect()};
  request(patient);
  request(strict, 100ms);
  EXPECT_EQ(strict.lines.read_line(100), "accept: Connection timed out");
  const auto data = connect_data(patient);
  expect_payload(patient, *data);
}

TEST_P(DataConnection, IsAwaitedNoLongerThanTheGracePeriod) {
  if (!start(100ms)) GTEST_SKIP() << without_uring;
  Control control{connect()};
  request(control);
  server_->stop();
  EXPECT_TRUE(is_ended(*control.stream));
  const std::string line = server_->next_line();
  EXPECT_TRUE(line.ends_with(std::string(" ") + session_aborted)) << line;
  EXPECT_EQ(server_->wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, DataConnection,
                         testing::Combine(testing::Values(&tcp(), &reliable_udp(),
                                                          &tcp_or_reliable_udp()),
                                          testing::ValuesIn(all_models())),
                         name_of_pair);

}  // namespace
}  // namespace netlab
