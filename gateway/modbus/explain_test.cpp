// SPDX-License-Identifier: Apache-2.0
#include "modbus/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/testing.hpp"

namespace bornier::modbus {
namespace {

using testing::ElementsAre;
using wire::bytes;
using F = ExplainedField;

// The explained_request and explained_answer of MODBUS Application Protocol V1.1b3, section 6.3,
// with the checksums of a serial line computed with another program (mbpoll's CRC-16).
const auto explained_request = bytes("11 03 006B 0003 7687");
const auto explained_answer = bytes("11 03 06 AE41 5652 4340 49AD");

TEST(Explain, TakesARequestOfASerialLineApart) {
  EXPECT_THAT(explain_request(Framing::rtu, explained_request),
              ElementsAre(F{"11", "unit 17"}, F{"03", "function 3, read holding registers"},
                          F{"00 6B", "from address 107"}, F{"00 03", "3 of them"},
                          F{"76 87", "checksum, right"}));
}

TEST(Explain, TakesItsAnswerApart) {
  EXPECT_THAT(explain_answer(Framing::rtu, explained_request, explained_answer),
              ElementsAre(F{"11", "unit 17"}, F{"03", "function 3, read holding registers"},
                          F{"06", "6 bytes of values"}, F{"AE 41", "address 107: 44609"},
                          F{"56 52", "address 108: 22098"}, F{"43 40", "address 109: 17216"},
                          F{"49 AD", "checksum, right"}));
}

TEST(Explain, TakesTcpFramesApart) {
  const auto asked = bytes("0007 0000 0006 01 01 0000 000A");
  EXPECT_THAT(explain_request(Framing::tcp, asked),
              ElementsAre(F{"00 07", "transaction 7"}, F{"00 00", "protocol identifier"},
                          F{"00 06", "6 bytes follow"}, F{"01", "unit 1"},
                          F{"01", "function 1, read coils"}, F{"00 00", "from address 0"},
                          F{"00 0A", "10 of them"}));
  EXPECT_THAT(
      explain_answer(Framing::tcp, asked, bytes("0007 0000 0005 01 01 02 FF 03")),
      ElementsAre(F{"00 07", "transaction 7"}, F{"00 00", "protocol identifier"},
                  F{"00 05", "5 bytes follow"}, F{"01", "unit 1"},
                  F{"01", "function 1, read coils"}, F{"02", "2 bytes of values"},
                  F{"FF 03", "10 bits from address 0, the lowest bit of the first byte first"}));
}

TEST(Explain, NamesExceptions) {
  EXPECT_THAT(
      explain_answer(Framing::tcp, bytes("0001 0000 0006 01 03 0000 0001"),
                     bytes("0001 0000 0003 01 83 02")),
      ElementsAre(F{"00 01", "transaction 1"}, F{"00 00", "protocol identifier"},
                  F{"00 03", "3 bytes follow"}, F{"01", "unit 1"}, F{"83", "function 3 is refused"},
                  F{"02", "exception 2, illegal data address"}));
}

TEST(Explain, SaysWhyAFrameIsNone) {
  EXPECT_THAT(
      explain_answer(Framing::rtu, explained_request, bytes("11 03 06 AE41 5652 4340 49AE")),
      ElementsAre(F{"11", "unit 17, if this is a frame"},
                  F{"03 06 AE 41 56 52 43 40 49 AE", "wrong checksum"}));
  EXPECT_THAT(explain_answer(Framing::rtu, explained_request, bytes("11")),
              ElementsAre(F{"11", "unit 17, if this is a frame"}));
  EXPECT_THAT(explain_answer(Framing::rtu, explained_request, {}), ElementsAre());
  EXPECT_THAT(explain_answer(Framing::tcp, bytes("0001 0000 0006 01 03 0000 0001"),
                             bytes("0001 0000 0003 01 04 00")),
              ElementsAre(F{"00 01", "transaction 1"}, F{"00 00", "protocol identifier"},
                          F{"00 03", "3 bytes follow"}, F{"01", "unit 1"},
                          F{"04", "function 4, read input registers"},
                          F{"00", "answer to another function"}));
}

}  // namespace
}  // namespace bornier::modbus
