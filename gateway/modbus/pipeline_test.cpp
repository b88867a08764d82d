// SPDX-License-Identifier: Apache-2.0
#include "modbus/pipeline.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "wire/testing.hpp"

namespace bornier::modbus {
namespace {

using namespace std::chrono_literals;
using wire::bytes;
using wire::copy;

constexpr reading::Instant pipeline_start{1h};

auto read_of_one_register(std::string_view hex) -> wire::Pdu {
  wire::Pdu pdu;
  EXPECT_TRUE(pdu.append(bytes(hex)));
  return pdu;
}

/// Three requests to unit 255, transactions 65535, 0 and 1, sent at `pipeline_start`.
class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    const auto step = pipeline.step(pipeline_start);
    sent = copy(std::get<Send>(step).bytes);
    EXPECT_EQ(awaits(pipeline_start), pipeline_start + 300ms);
  }

  auto awaits(reading::Instant now) -> std::optional<reading::Instant> {
    const auto step = pipeline.step(now);
    const auto* await = std::get_if<AwaitBytes>(&step);
    return await != nullptr ? std::optional{await->until} : std::nullopt;
  }
  [[nodiscard]] auto value_of(std::size_t request) const -> int {
    std::array<std::uint16_t, 1> word{};
    return pipeline.came(request)->result->registers(word) == 1 ? word[0] : -1;
  }

  const std::array<wire::Pdu, 3> requests{read_of_one_register("03 0004 0001"),
                                          read_of_one_register("03 0010 0001"),
                                          read_of_one_register("04 0020 0001")};
  Pipeline pipeline{wire::UnitId{255}, requests, wire::TransactionId{65535}, 300ms};
  std::vector<std::byte> sent;
};

// MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3: the MBAP header.
TEST_F(PipelineTest, SendsAllRequestsAtOnce) {
  EXPECT_EQ(sent, bytes("FFFF 0000 0006 FF 03 0004 0001"
                        "0000 0000 0006 FF 03 0010 0001"
                        "0001 0000 0006 FF 04 0020 0001"));
}

TEST_F(PipelineTest, TakesTheAnswersInAnyOrder) {
  pipeline.receive(bytes("0001 0000 0005 FF 04 02 0003"), pipeline_start + 10ms);
  pipeline.receive(bytes("FFFF 0000 0005 FF 03 02 0001"), pipeline_start + 20ms);
  EXPECT_EQ(pipeline.unanswered(), 1U);
  EXPECT_FALSE(pipeline.came(1));
  pipeline.receive(bytes("0000 0000 0003 FF 83 02"), pipeline_start + 30ms);
  EXPECT_FALSE(awaits(pipeline_start + 30ms)) << "all have come";
  EXPECT_EQ(value_of(0), 1);
  EXPECT_EQ(value_of(2), 3);
  EXPECT_EQ(pipeline.came(1)->result.error(), Fault::illegal_address);
  EXPECT_EQ(pipeline.came(0)->at, pipeline_start + 20ms);
  EXPECT_EQ(pipeline.came(2)->at, pipeline_start + 10ms);
}

TEST_F(PipelineTest, TakesAnswersHoweverTheyAreDivided) {
  const auto all = bytes(
      "FFFF 0000 0005 FF 03 02 0001"
      "0000 0000 0005 FF 03 02 0002"
      "0001 0000 0005 FF 04 02 0003");
  for (const auto& byte : all) {
    EXPECT_TRUE(awaits(pipeline_start));
    pipeline.receive(std::span{&byte, 1}, pipeline_start);
  }
  EXPECT_FALSE(awaits(pipeline_start));
  EXPECT_EQ(value_of(0) + value_of(1) + value_of(2), 6);
}

TEST_F(PipelineTest, WaitsForTheNextAnswerFromTheLastOneOn) {
  pipeline.receive(bytes("FFFF 0000 0005 FF 03 02 0001"), pipeline_start + 299ms);
  EXPECT_EQ(awaits(pipeline_start + 598ms), pipeline_start + 599ms);
  EXPECT_FALSE(awaits(pipeline_start + 599ms));
  EXPECT_EQ(pipeline.unanswered(), 2U);
}

TEST_F(PipelineTest, ThrowsAwayWhatAnswersNothing) {
  pipeline.receive(bytes("0007 0000 0005 FF 03 02 0001"), pipeline_start);  // transaction
  pipeline.receive(bytes("FFFF 0000 0005 01 03 02 0001"), pipeline_start);  // unit
  pipeline.receive(bytes("FFFF 0000 0005 FF 04 02 0001"), pipeline_start);  // function
  EXPECT_EQ(pipeline.unanswered(), 3U);
  EXPECT_EQ(pipeline.discarded(), (Discarded{.foreign = 2, .unfitting = 1}));
  pipeline.receive(bytes("FFFF 0000 0005 FF 03 02 0001"), pipeline_start);
  pipeline.receive(bytes("FFFF 0000 0005 FF 03 02 0002"), pipeline_start);
  EXPECT_EQ(value_of(0), 1) << "the first answer counts";
  EXPECT_EQ(pipeline.discarded().foreign, 3U);
}

TEST_F(PipelineTest, EndsWithAStreamThatHasNoFrames) {
  pipeline.receive(bytes("FFFF 0000 0005 FF 03 02 0001"), pipeline_start);
  pipeline.receive(bytes("0000 00FF 0005 FF 03 02 0002"), pipeline_start);
  EXPECT_TRUE(pipeline.is_broken());
  EXPECT_FALSE(awaits(pipeline_start));
  EXPECT_EQ(value_of(0), 1) << "what came before counts";
}

}  // namespace
}  // namespace bornier::modbus
