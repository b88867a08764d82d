// SPDX-License-Identifier: Apache-2.0
// Every shipped model, simulated, before the detection that knows them all.
#include <gmock/gmock.h>

#include "app/configuration.hpp"
#include "app/hypotheses.hpp"
#include "model/detect.hpp"
#include "simulator/meter.hpp"
#include "wire/device_objects.hpp"
#include "wire/pdu.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

auto shipped() -> const std::vector<std::shared_ptr<const model::Model>>& {
  static const auto models =
      load_models({BORNIER_SOURCE_DIR "/config/models"}, model::Protocol::modbus);
  return models;
}

auto text_of(const wire::DeviceObject& object) -> std::string {
  std::string text;
  for (const auto byte : object.value) {
    text += static_cast<char>(byte);
  }
  return text;
}

struct Scanned {
  model::Verdict verdict;
  std::size_t questions{};
};

/// What became of one question.
void ask(simulator::Meter& meter, model::Detection& detection) {
  wire::Request request = wire::ReadDeviceIdentification{};
  if (const auto* read = std::get_if<model::RegistersQuestion>(&*detection.next())) {
    request = wire::Read{read->table, wire::RegisterAddress{read->first}, read->count};
  }
  const auto pdu = wire::encode_request(request);
  const auto served = meter.serve(pdu->bytes(), 10s, reading::Instant{100s});
  if (!served.answer) {
    return detection.silent();
  }
  const auto answer = wire::decode_response(request, served.answer->bytes());
  if (const auto* registers = std::get_if<wire::Registers>(&*answer)) {
    std::vector<std::uint16_t> words;
    for (std::size_t index = 0; index < registers->values.size(); ++index) {
      words.push_back(registers->values[index]);
    }
    detection.answered(std::move(words));
  } else if (const auto* said = std::get_if<wire::DeviceIdentification>(&*answer)) {
    detection.identified({.vendor = text_of(said->objects[0]),
                          .product_code = text_of(said->objects[1]),
                          .product_name = {},
                          .model_name = {}});
  } else {
    detection.refused(std::get<wire::Exception>(*answer).code ==
                      wire::ExceptionCode::illegal_function);
  }
}

auto scan(const std::shared_ptr<const model::Model>& model,
          const std::vector<model::Hypothesis>& hypotheses) -> Scanned {
  simulator::MeterDescription description;
  description.model = model;
  description.generate = true;
  auto meter = simulator::Meter::create(description);
  EXPECT_TRUE(meter);
  model::Detection detection{hypotheses};
  Scanned scanned;
  while (detection.next() && ++scanned.questions < 1'000) {
    ask(*meter, detection);
  }
  scanned.verdict = detection.verdict();
  return scanned;
}

using testing::UnorderedElementsAre;

TEST(Detection, NamesEveryShippedModelFirst) {
  const auto hypotheses = hypotheses_of(shipped());
  std::vector<std::string> certain;
  for (const auto& model : shipped()) {
    const auto scanned = scan(model, hypotheses);
    const auto& candidates = scanned.verdict.candidates;
    ASSERT_FALSE(candidates.empty()) << model->id;
    EXPECT_EQ(candidates.front().model->id, model->id) << candidates.front().reason;
    EXPECT_EQ(scanned.verdict.equals, 1U) << model->id << " and " << candidates[1].model->id;
    EXPECT_LE(scanned.questions, 60U) << model->id;
    if (candidates.front().certainty == model::Certainty::certain) {
      certain.push_back(model->id);
    }
  }
  EXPECT_EQ(shipped().size(), 37U);
  EXPECT_THAT(certain, UnorderedElementsAre(
                           "abb-b23-b24", "bornier-node", "carlo-gavazzi-em340", "eastron-sdm120",
                           "eastron-sdm230", "eastron-sdm630", "saia-pcd7-h104d",
                           "schneider-iem3155", "schneider-pm5110", "socomec-countis-e24",
                           "sunspec-001", "sunspec-103", "sunspec-201", "sunspec-202",
                           "sunspec-203", "sunspec-204", "wirenboard-map3e", "wirenboard-mcm8"));
}

/// Without the signs, which somebody else's firmware may lack.
TEST(Detection, NamesEveryModelAmongTheEquallyFittingByItsValuesAlone) {
  std::vector<std::shared_ptr<const model::Model>> models;
  for (const auto& one : shipped()) {
    auto model = *one;
    model.detect = {};
    models.push_back(std::make_shared<const model::Model>(std::move(model)));
  }
  const auto hypotheses = hypotheses_of(models);
  std::vector<std::string> others;
  for (const auto& model : models) {
    const auto verdict = scan(model, hypotheses).verdict;
    std::string names;
    for (std::size_t index = 0; index < verdict.equals; ++index) {
      names += " " + verdict.candidates[index].model->id;
    }
    if (names != " " + model->id) {
      others.push_back(model->id + ":" + names);
    }
  }
  // Counts of anything have no values that are more likely than others. Its firmware is ours, and
  // always says what it is.
  EXPECT_THAT(others, UnorderedElementsAre("bornier-node:"));
}

/// A slave whose registers are made by `word`, whatever is asked.
template <class Word>
auto scan_foreign(Word word) -> model::Verdict {
  const auto hypotheses = hypotheses_of(shipped());
  model::Detection detection{hypotheses};
  std::size_t questions = 0;
  while (detection.next() && ++questions < 1'000) {
    const auto question = *detection.next();
    if (const auto* read = std::get_if<model::RegistersQuestion>(&question)) {
      std::vector<std::uint16_t> words;
      for (std::uint32_t offset = 0; offset < read->count; ++offset) {
        words.push_back(static_cast<std::uint16_t>(word(read->first + offset)));
      }
      detection.answered(std::move(words));
    } else {
      detection.refused(true);
    }
  }
  return detection.verdict();
}

auto scrambled(std::uint64_t number) -> std::uint64_t {
  std::uint64_t z = (number + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  return (z ^ (z >> 27U)) * 0x94d049bb133111ebU >> 33U;
}

TEST(Detection, NamesNoModelWhereEveryRegisterIsZero) {
  EXPECT_TRUE(scan_foreign([](std::uint32_t) { return 0U; }).candidates.empty());
}

TEST(Detection, NamesNoModelWhereEveryRegisterMeansNotAvailable) {
  EXPECT_TRUE(scan_foreign([](std::uint32_t) { return 0xFFFFU; }).candidates.empty());
}

TEST(Detection, SeldomNamesAModelOfRegistersWithAnything) {
  std::size_t named = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    named += scan_foreign([seed](std::uint32_t address) {
               return scrambled(seed * 65'536 + address) & 0xFFFFU;
             }).candidates.empty()
                 ? 0U
                 : 1U;
  }
  EXPECT_LE(named, 1U);
}

TEST(Detection, SeldomNamesAModelOfRegistersWithSmallNumbers) {
  std::size_t named = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    named += scan_foreign([seed](std::uint32_t address) {
               return scrambled(seed * 65'536 + address) % 1'000;
             }).candidates.empty()
                 ? 0U
                 : 1U;
  }
  EXPECT_LE(named, 5U);
}

}  // namespace
}  // namespace bornier::app
