// SPDX-License-Identifier: Apache-2.0
// Any meter before the detection: it ends, and its verdict holds together.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "model/detect.hpp"
#include "model/load.hpp"

namespace {

using namespace bornier;

constexpr std::size_t most_questions = 500;

auto hypothesis_of(const std::string& id, std::string_view more) -> model::Hypothesis {
  const auto text = "format = 1\nid = \"" + id +
                    "\"\nversion = \"1\"\nmanufacturer = \"M\"\ntitle = \"T\"\nmedium = "
                    "\"electricity\"\nconfidence = \"low\"\n" +
                    std::string{more};
  auto loaded = model::load_model(text, id + ".toml");
  if (!loaded) {
    std::abort();
  }
  auto model = std::make_shared<const model::Model>(*std::move(loaded));
  model::Hypothesis hypothesis{.model = model, .settings = model::Settings{*model}};
  hypothesis.points = telling_points(*model, hypothesis.settings);
  for (const auto& point : model->points) {
    hypothesis.values.push_back(
        {point.table, point.address, point.encoding.registers, point.alone});
  }
  hypothesis.serial = {hypothesis.values.back()};
  hypothesis.hole = model::RegistersQuestion{wire::Table::holding_register, 500, 1, true};
  return hypothesis;
}

auto hypotheses() -> std::vector<model::Hypothesis> {
  constexpr std::string_view points = R"([defaults]
table = "holding"
[points]
voltage = { quantity = "voltage", phase = "l1_n", address = 0, type = "uint16", scale = "0.1", unit = "V" }
frequency = { quantity = "frequency", address = 2, type = "float32", unit = "Hz" }
clock = { quantity = "clock", address = 4, type = "mbus_f" }
serial = { quantity = "serial_number", address = 6, type = "string1:4" }
)";
  const auto with = [points](std::string_view head) {
    return std::string{head} + std::string{points};
  };
  std::vector<model::Hypothesis> all;
  all.push_back(hypothesis_of("plain", with("")));
  all.push_back(hypothesis_of("mute", with("[timing]\nanswers_exceptions = false\n")));
  all.push_back(
      hypothesis_of("code", with("[detect]\nregisters = [{ table = \"input\", address = 9, "
                                 "type = \"int16\", values = [7, -1] }]\n")));
  all.push_back(hypothesis_of(
      "text", with("[detect]\nregisters = [{ table = \"input\", address = 9, type = \"string:1\", "
                   "text = [\"a*\"] }]\nidentification = { product_code = [\"x*\"] }\n")));
  all.push_back(hypothesis_of("one", "base = { sunspec = [1] }\n" + with("")));
  all.push_back(hypothesis_of("two", "base = { sunspec = [1, 203] }\n" + with("")));
  return all;
}

/// Answers drawn from the input, zeros behind its end.
class Meter {
 public:
  explicit Meter(std::span<const std::uint8_t> bytes) : bytes_{bytes} {}

  auto byte() -> std::uint8_t {
    if (bytes_.empty()) {
      return 0;
    }
    const auto first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }
  auto text() -> std::string {
    std::string text;
    for (auto length = byte() % 4; length > 0; --length) {
      text += static_cast<char>(byte());
    }
    return text;
  }
  auto words(std::size_t count) -> std::vector<std::uint16_t> {
    std::vector<std::uint16_t> words(count);
    for (auto& word : words) {
      word = static_cast<std::uint16_t>(byte() << 8U);
      word = static_cast<std::uint16_t>(word | byte());
    }
    return words;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

void answer(Meter& meter, model::Detection& detection) {
  enum : std::uint8_t { words, wrong_length, refused, unknown, silent, kinds };
  const auto* read = std::get_if<model::RegistersQuestion>(&*detection.next());
  const auto kind = meter.byte() % kinds;
  switch (kind) {
    case refused:
    case unknown: return detection.refused(kind == unknown);
    case silent: return detection.silent();
    default: break;
  }
  if (read == nullptr) {
    const auto vendor = meter.text();
    return detection.identified({vendor, meter.text(), {}, {}});
  }
  detection.answered(meter.words(kind == wrong_length ? meter.byte() : read->count));
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  static const auto all = hypotheses();
  Meter meter{{data, size}};
  model::Detection detection{all};
  for (std::size_t asked = 0; detection.next(); ++asked) {
    if (asked > most_questions) {
      std::abort();
    }
    answer(meter, detection);
  }
  const auto verdict = detection.verdict();
  if (verdict.equals > verdict.candidates.size() ||
      (verdict.equals == 0) != verdict.candidates.empty()) {
    std::abort();
  }
  for (std::size_t index = 0; index < verdict.candidates.size(); ++index) {
    const auto& one = verdict.candidates[index];
    if (one.reason.empty() || one.certainty != verdict.candidates.front().certainty) {
      std::abort();
    }
  }
  return 0;
}
