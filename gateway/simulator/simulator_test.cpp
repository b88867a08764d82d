// SPDX-License-Identifier: Apache-2.0
#include "simulator/simulator.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "simulator/testing.hpp"
#include "wire/rtu_frame.hpp"
#include "wire/testing.hpp"

namespace bornier::simulator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A client that asks over a real socket, and a simulator that is run as far as an answer needs.
class SimulatorTest : public ::testing::Test {
 protected:
  SimulatorTest() {
    std::string name = (std::filesystem::temp_directory_path() / "simulator-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    Endpoint endpoint;
    for (const auto unit : {std::uint8_t{1}, std::uint8_t{2}}) {
      MeterDescription meter;
      meter.name = unit == 1 ? "main" : "other";
      meter.unit = wire::UnitId{unit};
      meter.model = std::make_shared<const model::Model>(small_model());
      meter.fixed = {{"power_active", std::to_string(unit)}};
      endpoint.meters.push_back(meter);
    }
    Description description;
    description.endpoints = {endpoint};
    description.log = folder / "served.csv";
    const auto started = simulator.start(std::move(description));
    EXPECT_TRUE(started) << (started ? "" : started.error());
    client.connect({asio::ip::address_v4::loopback(), simulator.ports().at(0)});
  }
  ~SimulatorTest() override {
    simulator.stop();
    context.run();
    std::filesystem::remove_all(folder);
  }

  using Bytes = std::vector<std::uint8_t>;

  void send(const Bytes& bytes) { asio::write(client, asio::buffer(bytes)); }

  auto receive(std::size_t count) -> Bytes {
    Bytes bytes(count);
    bool done = false;
    asio::async_read(client, asio::buffer(bytes), [&](auto error, std::size_t) {
      EXPECT_FALSE(error) << error.message();
      done = true;
    });
    while (!done) {
      context.run_one();
    }
    return bytes;
  }

  /// Lines of the log, without their times.
  [[nodiscard]] auto log() const -> std::vector<std::string> {
    std::ifstream file{folder / "served.csv"};
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      lines.push_back(line.substr(line.find(',') + 1));
    }
    return lines;
  }

  std::filesystem::path folder;
  io::SystemClock clock;
  asio::io_context context;
  Simulator simulator{context.get_executor(), clock};
  tcp::socket client{context};
};

TEST_F(SimulatorTest, AnswersEachMeterUnderItsUnitAndLogsIt) {
  // Two requests in one segment, and the second's last byte later.
  send({0, 9, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2, 0, 10, 0, 0, 0, 6, 2, 3, 0, 0, 0});
  EXPECT_EQ(receive(13), (Bytes{0, 9, 0, 0, 0, 7, 1, 3, 4, 0, 0, 0, 1}));
  send({2});
  EXPECT_EQ(receive(13), (Bytes{0, 10, 0, 0, 0, 7, 2, 3, 4, 0, 0, 0, 2}));
  send({0, 11, 0, 0, 0, 6, 1, 3, 0, 100, 0, 2});
  EXPECT_EQ(receive(9), (Bytes{0, 11, 0, 0, 0, 3, 1, 0x83, 2}));
  context.poll();
  EXPECT_EQ(log(),
            (std::vector<std::string>{"meter,unit,function,address,count,row,outcome,written",
                                      "main,1,3,0,2,0,answered,", "other,2,3,0,2,0,answered,",
                                      "main,1,3,100,2,0,exception-02,"}));
}

TEST_F(SimulatorTest, AnswersRtuOnASerialLineAndFindsRequestsInNoise) {
  Endpoint endpoint;
  endpoint.pty = folder / "line";
  MeterDescription meter;
  meter.name = "serial";
  meter.unit = wire::UnitId{7};
  meter.model = std::make_shared<const model::Model>(small_model());
  meter.fixed = {{"power_active", "42"}};
  endpoint.meters = {meter};
  Description description;
  description.endpoints = {endpoint};
  Simulator line{context.get_executor(), clock};
  const auto started = line.start(std::move(description));
  ASSERT_TRUE(started) << started.error();
  asio::posix::stream_descriptor near_end{context,
                                          ::open((folder / "line").c_str(), O_RDWR | O_NOCTTY)};
  const auto request = wire::encode_rtu(wire::UnitId{7}, wire::bytes("03 0000 0002")).value();
  Bytes noisy{0xFF, 0x07};
  for (const auto byte : request.bytes()) {
    noisy.push_back(std::to_integer<std::uint8_t>(byte));
  }
  asio::write(near_end, asio::buffer(noisy));
  Bytes answer(9);
  bool done = false;
  asio::async_read(near_end, asio::buffer(answer), [&](auto error, std::size_t) {
    EXPECT_FALSE(error) << error.message();
    done = true;
  });
  while (!done) {
    context.run_one();
  }
  EXPECT_EQ((Bytes{answer.begin(), answer.begin() + 7}), (Bytes{7, 3, 4, 0, 0, 0, 42}));
  line.stop();
}

TEST_F(SimulatorTest, KillsAndRevivesMetersByName) {
  ASSERT_TRUE(simulator.command("dead main"));
  send({0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2, 0, 2, 0, 0, 0, 6, 2, 3, 0, 0, 0, 2});
  EXPECT_EQ(receive(13)[6], 2) << "the dead one does not answer";
  ASSERT_TRUE(simulator.command("alive main"));
  send({0, 3, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2});
  EXPECT_EQ(receive(13)[6], 1);
  EXPECT_EQ(simulator.command("dead nobody").error(), "there is no meter nobody");
  EXPECT_EQ(simulator.command("stop").error(),
            "`stop`: write dead NAME, alive NAME or restart NAME");
  EXPECT_EQ(log().at(1), "main,1,3,0,2,0,silent,");
}

TEST_F(SimulatorTest, ClosesAConnectionThatDoesNotSpeakModbus) {
  send({'G', 'E', 'T', ' ', '/', '\r', '\n'});
  std::array<char, 1> byte{};
  boost::system::error_code failure;
  client.async_read_some(asio::buffer(byte), [&](auto error, std::size_t) { failure = error; });
  while (!failure) {
    context.run_one();
  }
  EXPECT_TRUE(failure == asio::error::eof || failure == asio::error::connection_reset);
}

}  // namespace
}  // namespace bornier::simulator
