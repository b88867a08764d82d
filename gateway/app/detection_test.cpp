// SPDX-License-Identifier: Apache-2.0
// Every shipped model, simulated, before the detection that knows them all.
#include <gmock/gmock.h>

#include <algorithm>

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
  static const auto models = load_models({BORNIER_SOURCE_DIR "/config/models"});
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

TEST(Detection, Matrix) {
  const auto hypotheses = hypotheses_of(shipped());
  for (const auto& model : shipped()) {
    const auto scanned = scan(model, hypotheses);
    const auto& candidates = scanned.verdict.candidates;
    std::string line = model->id + " [" + std::to_string(scanned.questions) + "]:";
    for (std::size_t index = 0; index < candidates.size(); ++index) {
      line += (index == scanned.verdict.equals ? " | " : " ") + candidates[index].model->id + "(" +
              (candidates[index].certainty == model::Certainty::certain ? "certain" : "like") +
              " " + std::to_string(candidates[index].bits) + " " + candidates[index].reason + ")";
    }
    for (const auto& doubt : scanned.verdict.doubts) {
      line += " DOUBT " + doubt;
    }
    std::cout << line << "\n";
  }
}

}  // namespace
}  // namespace bornier::app
