// SPDX-License-Identifier: Apache-2.0
// A scan over an imagined serial line: meters of models, each under a format of its own.
#include "app/scan.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <sstream>

#include "app/hypotheses.hpp"
#include "app/scan_options.hpp"
#include "app/testing.hpp"
#include "io/testing.hpp"
#include "simulator/meter.hpp"
#include "wire/rtu_frame.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;
using modbus::Parity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Who is on the line, and what was asked under which format.
struct ImaginedBus {
  ManualClock clock;
  std::map<std::pair<std::string, std::uint8_t>, simulator::Meter> meters;  ///< by format and unit
  std::map<std::uint8_t, bool> garbled;  ///< units whose answers arrive damaged
  std::vector<std::string> opened;       ///< formats, each time the line was
  boost::system::error_code refusal;     ///< of connect()
};

/// RTU frames; only meters of the line's own format hear them.
class ImaginedLine final : public io::Line {
 public:
  ImaginedLine(ImaginedBus& bus, std::string format) : bus_{bus}, format_{std::move(format)} {}

  auto connect(reading::Instant /*until*/) -> io::asio::awaitable<wire::Result<void>> override {
    if (bus_.refusal) {
      co_return bus_.refusal;
    }
    if (!std::exchange(open_, true)) {
      bus_.opened.push_back(format_);
    }
    co_return wire::ok();
  }
  auto write(std::span<const std::byte> bytes) -> io::asio::awaitable<wire::Result<void>> override {
    const auto frame = wire::decode_rtu(bytes);
    const auto meter = bus_.meters.find({format_, frame->unit.value()});
    if (meter != bus_.meters.end()) {
      const auto served = meter->second.serve(frame->pdu, 10s, bus_.clock.now().instant);
      if (served.answer) {
        const auto adu = wire::encode_rtu(frame->unit, served.answer->bytes());
        arrived_.assign(adu->bytes().begin(), adu->bytes().end());
        if (bus_.garbled.contains(frame->unit.value())) {
          arrived_.back() ^= std::byte{0x5A};
        }
      }
    }
    co_return wire::ok();
  }
  auto read_some(reading::Instant until)
      -> io::asio::awaitable<wire::Result<std::span<const std::byte>>> override {
    read_ = std::exchange(arrived_, {});
    if (read_.empty()) {
      bus_.clock.move_to(until);
    } else {
      bus_.clock.move_by(20ms);
    }
    co_return std::span<const std::byte>{read_};
  }
  void drain() override { arrived_.clear(); }
  void close() override { open_ = false; }
  [[nodiscard]] auto is_open() const -> bool override { return open_; }
  [[nodiscard]] auto name() const -> std::string override { return "/dev/ttyS1"; }

 private:
  ImaginedBus& bus_;
  std::string format_;
  bool open_{};
  std::vector<std::byte> arrived_;
  std::vector<std::byte> read_;
};

class ScanTest : public testing::Test {
 protected:
  ScanTest() {
    static const auto shipped =
        load_models({BORNIER_SOURCE_DIR "/config/models"}, model::Protocol::modbus);
    for (const auto& one : shipped) {
      auto model = *one;
      model.timing.pause = {};  // would pass on the real clock
      settings.models.push_back(std::make_shared<const model::Model>(std::move(model)));
    }
    settings.bus.transport = Transport::rtu;
    settings.plan = {{slow, fast}, {1, 2, 3, 4, 5}, 200ms, 1s};
    settings.bus.serial = slow;
    settings.question = question_for_all(settings.models);
    settings.make_line = [this](const BusSettings& of_bus) {
      return std::make_unique<ImaginedLine>(bus, to_text(of_bus.serial));
    };
  }

  void put(const modbus::SerialFormat& format, std::uint8_t unit, std::string_view id) {
    simulator::MeterDescription description;
    description.generate = true;
    description.unit = wire::UnitId{unit};
    for (const auto& model : settings.models) {
      if (model->id == id) {
        description.model = model;
      }
    }
    bus.meters.emplace(std::pair{to_text(format), unit},
                       *simulator::Meter::create(std::move(description)));
  }

  auto run() -> bool {
    scan.emplace(loop.get_executor(), bus.clock, settings, progress);
    return io::testing::run_until_done(loop, scan->run());
  }

  auto found() const -> std::vector<std::string> {
    std::vector<std::string> lines;
    const auto report = scan->report();
    for (const auto& unit : report.units) {
      const auto& candidates = unit.verdict.candidates;
      lines.push_back(std::to_string(unit.unit) + " " + to_text(unit.format) + " " +
                      certainty_of(unit) +
                      (candidates.empty() ? "" : " " + candidates.front().model->id));
    }
    return lines;
  }

  modbus::SerialFormat slow{9'600, Parity::none, 1};
  modbus::SerialFormat fast{19'200, Parity::even, 1};
  ImaginedBus bus;
  ScanSettings settings;
  boost::asio::io_context loop;
  std::ostringstream said;
  ScanProgress progress{said, false};
  std::optional<Scan> scan;
};

TEST_F(ScanTest, FindsMetersUnderTheBitRateAndParityThatTheyHave) {
  put(slow, 2, "eastron-sdm630");
  put(fast, 2, "abb-b23-b24");
  put(fast, 4, "xy-md02");
  EXPECT_TRUE(run());
  EXPECT_THAT(found(),
              ElementsAre("2 9600 8N1 certain eastron-sdm630", "2 19200 8E1 certain abb-b23-b24",
                          "4 19200 8E1 looks like xy-md02"));
  EXPECT_THAT(bus.opened,
              ElementsAre("9600 8N1", "1200 8O2", "19200 8E1", "9600 8N1", "19200 8E1"));
}

TEST_F(ScanTest, FindsAMeterThatRefusesNothing) {
  put(slow, 5, "landisgyr-uh50-wzu485");
  EXPECT_TRUE(run());
  EXPECT_THAT(found(), ElementsAre("5 9600 8N1 looks like landisgyr-uh50-wzu485"));
}

TEST_F(ScanTest, WakesAMeterThatSleeps) {
  put(slow, 3, "abb-aquamaster3");
  EXPECT_TRUE(run());
  EXPECT_THAT(found(), ElementsAre("3 9600 8N1 looks like abb-aquamaster3"));
}

TEST_F(ScanTest, SaysThatTwoMetersHaveOneUnitId) {
  put(slow, 1, "eastron-sdm630");
  put(slow, 3, "eastron-sdm630");
  bus.garbled[3] = true;
  EXPECT_TRUE(run());
  EXPECT_THAT(found(), ElementsAre("1 9600 8N1 certain eastron-sdm630"));
  EXPECT_THAT(remarks_of(scan->sweep(), scan->report()),
              ElementsAre(HasSubstr("unit 3 at 9600 8N1: every answer is damaged. Two meters")));
}

TEST_F(ScanTest, SaysWhoHasTheLine) {
  bus.refusal = boost::system::errc::make_error_code(boost::system::errc::device_or_resource_busy);
  EXPECT_FALSE(run());
  EXPECT_THAT(said.str(), HasSubstr("/dev/ttyS1: another program has it"));
  EXPECT_THAT(said.str(), HasSubstr("systemctl stop bornier"));
}

TEST_F(ScanTest, FindsNobodyOnAnEmptyLine) {
  EXPECT_TRUE(run());
  EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace bornier::app
