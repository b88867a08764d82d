// SPDX-License-Identifier: Apache-2.0
#include "model/detect.hpp"

#include <gmock/gmock.h>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Three floats at 0, 2 and 4, and what else the text says.
auto meter(std::string_view id, std::string_view rest = "", std::string_view points = "")
    -> std::shared_ptr<const Model> {
  std::string text{head};
  text.replace(text.find("\"m\""), 3, "\"" + std::string{id} + "\"");
  const std::string defaults = "[defaults]\ntable = \"holding\"\n";
  text.replace(text.find(defaults), defaults.size(), "");
  text += std::string{rest} + defaults + "[points]\n";
  text +=
      points.empty()
          ? R"(voltage_l1_n = { quantity = "voltage", phase = "l1_n", address = 0, type = "float32", unit = "V" }
frequency = { quantity = "frequency", address = 2, type = "float32", unit = "Hz" }
power_active = { quantity = "power_active", phase = "total", address = 4, type = "float32", unit = "W" }
serial_number = { quantity = "serial_number", address = 20, type = "uint32" }
)"
          : std::string{points};
  auto model = load_model(text, std::string{id} + ".toml");
  EXPECT_TRUE(model) << (model ? "" : to_text(model.error()));
  return std::make_shared<const Model>(*std::move(model));
}

auto hypothesis(std::shared_ptr<const Model> model) -> Hypothesis {
  Hypothesis one{.model = model, .settings = Settings{*model}};
  one.points = telling_points(*model, one.settings);
  if (model->sunspec.empty()) {
    one.values = {{wire::Table::holding_register, 0, 6, false}};
    one.serial = {{wire::Table::holding_register, 20, 2, false}};
  }
  return one;
}

class DetectionTest : public testing::Test {
 protected:
  std::vector<Hypothesis> hypotheses;
  std::map<std::uint16_t, std::uint16_t> registers;  ///< holding; others are refused
  std::optional<Identification> said;
  std::vector<std::string> asked;  ///< "holding 0 6", "identification"

  /// 230.2 V, 50 Hz, 4216 W.
  void has_plausible_values() { put(0, {0x4366, 0x3333, 0x4248, 0x0000, 0x4583, 0xC000}); }
  void put(std::uint16_t first, const std::vector<std::uint16_t>& words) {
    for (const auto word : words) {
      registers[first++] = word;
    }
  }

  void answer(Detection& detection, const Question& question) {
    const auto* read = std::get_if<RegistersQuestion>(&question);
    if (read == nullptr) {
      asked.emplace_back("identification");
      return said ? detection.identified(*said) : detection.refused(true);
    }
    asked.push_back(std::to_string(read->first) + " " + std::to_string(read->count));
    std::vector<std::uint16_t> words;
    for (std::uint16_t offset = 0; offset < read->count; ++offset) {
      const auto found = registers.find(static_cast<std::uint16_t>(read->first + offset));
      if (found == registers.end() || read->table != wire::Table::holding_register) {
        return detection.refused(false);
      }
      words.push_back(found->second);
    }
    detection.answered(std::move(words));
  }

  auto verdict() -> Verdict {
    Detection detection{hypotheses};
    while (detection.next() && asked.size() < 200) {
      answer(detection, Question{*detection.next()});
    }
    return detection.verdict();
  }

  static auto names(const Verdict& verdict) -> std::vector<std::string> {
    std::vector<std::string> ids;
    for (const auto& candidate : verdict.candidates) {
      ids.push_back(candidate.model->id);
    }
    return ids;
  }
};

constexpr std::string_view code_7 =
    "[detect]\nregisters = [{ address = 900, type = \"uint16\", values = [7, 9] }]\n";
constexpr std::string_view code_8 =
    "[detect]\nregisters = [{ address = 900, type = \"uint16\", values = [8] }]\n";
constexpr std::string_view named_b =
    "[detect]\nregisters = [{ address = 950, type = \"string:2\", text = [\"b2*\"] }]\n";

TEST_F(DetectionTest, KnowsAModelByItsCodeAndAsksNoOtherForValues) {
  hypotheses = {hypothesis(meter("a", code_7)), hypothesis(meter("b"))};
  hypotheses[1].values = {{wire::Table::holding_register, 100, 2, false}};
  has_plausible_values();
  put(900, {9});
  put(20, {1, 0x86A0});
  const auto found = verdict();
  EXPECT_THAT(names(found), ElementsAre("a"));
  EXPECT_EQ(found.candidates[0].certainty, Certainty::certain);
  EXPECT_EQ(found.candidates[0].reason, "holding register 900 is 9");
  EXPECT_EQ(found.candidates[0].serial, "100000");
  EXPECT_THAT(asked, ElementsAre("900 1", "identification", "0 6", "20 2"));
}

TEST_F(DetectionTest, AsksOnceForARegisterThatSeveralModelsAreKnownBy) {
  hypotheses = {hypothesis(meter("a", code_7)), hypothesis(meter("b", code_8))};
  has_plausible_values();
  put(900, {8});
  EXPECT_THAT(names(verdict()), ElementsAre("b"));
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "900 1"), 1);
}

TEST_F(DetectionTest, ComparesTextsWithoutRegardToCapitals) {
  hypotheses = {hypothesis(meter("b", named_b))};
  has_plausible_values();
  put(950, {0x4232, 0x3320});  // "B23 "
  const auto found = verdict();
  ASSERT_THAT(names(found), ElementsAre("b"));
  EXPECT_EQ(found.candidates[0].reason, "holding register 950 is \"B23\"");
}

TEST_F(DetectionTest, RulesOutAModelWhoseSignSaysAnother) {
  hypotheses = {hypothesis(meter("a", code_7))};
  has_plausible_values();
  put(900, {10});
  const auto found = verdict();
  EXPECT_THAT(found.candidates, IsEmpty());
  EXPECT_THAT(found.doubts, ElementsAre("values would fit a, but holding register 900 is 10"));
}

TEST_F(DetectionTest, TakesASignThatIsNotThereForNoSign) {
  hypotheses = {hypothesis(meter("a", code_7))};
  has_plausible_values();
  const auto refused = verdict();
  ASSERT_THAT(names(refused), ElementsAre("a"));
  EXPECT_EQ(refused.candidates[0].certainty, Certainty::looks_like);
  put(900, {0});
  EXPECT_EQ(verdict().candidates.at(0).certainty, Certainty::looks_like);
}

TEST_F(DetectionTest, IsNotCertainWhereValuesContradictTheSign) {
  hypotheses = {hypothesis(meter("a", code_7))};
  put(0, {0x7F7F, 0xFFFF, 0x7F7F, 0xFFFF, 0x7F7F, 0xFFFF});
  put(900, {7});
  EXPECT_THAT(verdict().candidates, IsEmpty());
}

TEST_F(DetectionTest, LooksLikeEveryModelWhoseValuesFitEquallyWell) {
  hypotheses = {hypothesis(meter("a")), hypothesis(meter("b"))};
  has_plausible_values();
  const auto found = verdict();
  EXPECT_THAT(names(found), ElementsAre("a", "b"));
  EXPECT_EQ(found.equals, 2U);
  EXPECT_EQ(found.candidates[0].certainty, Certainty::looks_like);
  EXPECT_EQ(found.candidates[0].reason,
            "3 of 3 values plausible: voltage_l1_n 230.20 V, frequency 50.000 Hz");
}

TEST_F(DetectionTest, PutsTheModelFirstOfWhichMoreValuesFit) {
  hypotheses = {hypothesis(meter(
                    "a", "",
                    "voltage = { quantity = \"voltage\", phase = \"l1_n\", address = 0, type = "
                    "\"float32\", unit = \"V\" }\nfrequency = { quantity = \"frequency\", address "
                    "= 2, type = \"float32\", unit = \"Hz\" }\n")),
                hypothesis(meter("b"))};
  hypotheses[0].serial.clear();
  has_plausible_values();
  const auto found = verdict();
  EXPECT_THAT(names(found), ElementsAre("b", "a"));
  EXPECT_EQ(found.equals, 1U);
}

TEST_F(DetectionTest, DoubtsFewValuesWhereWhatTheModelLacksIsAnsweredToo) {
  const auto two =
      "temperature = { quantity = \"temperature\", address = 1, type = \"int16\", unit = \"Cel\", "
      "scale = \"0.1\" }\nhumidity = { quantity = \"humidity\", address = 0, type = \"uint16\", "
      "unit = \"%\", scale = \"0.1\" }\n";
  hypotheses = {hypothesis(meter("a", "", two))};
  hypotheses[0].serial.clear();
  hypotheses[0].hole = RegistersQuestion{wire::Table::holding_register, 6, 1, true};
  put(0, {500, 215, 0, 0, 0, 0});
  EXPECT_THAT(names(verdict()), ElementsAre("a"));
  put(6, {1});
  EXPECT_THAT(verdict().candidates, IsEmpty());
}

constexpr std::string_view says_it =
    "[detect]\nidentification = { vendor = [\"Maker*\"], product_code = [\"X1*\"] }\n";

TEST_F(DetectionTest, KnowsAModelByWhatItSaysOfItself) {
  hypotheses = {hypothesis(meter("a", says_it)), hypothesis(meter("b"))};
  has_plausible_values();
  said = Identification{"Maker Inc", "x1-230", "", ""};
  auto found = verdict();
  EXPECT_THAT(names(found), ElementsAre("a"));
  EXPECT_EQ(found.candidates[0].reason, "says it is Maker Inc x1-230");
  said = Identification{"Maker Inc", "Y1", "", ""};
  EXPECT_THAT(names(verdict()), ElementsAre("b"));
  said = Identification{"Maker Inc", "", "", ""};
  found = verdict();
  EXPECT_THAT(names(found), ElementsAre("a", "b"));
  EXPECT_EQ(found.candidates[0].certainty, Certainty::looks_like) << "a vendor makes many models";
  EXPECT_EQ(found.identification.vendor, "Maker Inc");
}

auto sunspec(std::string_view id, std::string_view ids) -> Hypothesis {
  return hypothesis(meter(id, "base = { sunspec = " + std::string{ids} + " }\n",
                          "status = { quantity = \"status\", address = 2, type = \"uint16\" }\n"));
}

TEST_F(DetectionTest, KnowsTheRichestModelByItsSunSpecIds) {
  hypotheses = {sunspec("common", "[1]"), sunspec("wye", "[1, 203]"), sunspec("delta", "[1, 204]")};
  put(40'000, {0x5375, 0x6E53, 1, 1, 0, 203, 1, 0, 0xFFFF, 0});
  const auto found = verdict();
  EXPECT_THAT(names(found), ElementsAre("wye"));
  EXPECT_EQ(found.candidates[0].certainty, Certainty::certain);
  EXPECT_EQ(found.candidates[0].reason, "has SunSpec models 1 and 203");
}

TEST_F(DetectionTest, NamesEverySunSpecModelThatADeviceHas) {
  hypotheses = {sunspec("wye", "[1, 203]"), sunspec("inverter", "[1, 103]")};
  put(40'000, {0x5375, 0x6E53, 1, 1, 0, 203, 1, 0, 103, 1, 0, 0xFFFF, 0});
  const auto found = verdict();
  EXPECT_THAT(names(found), ElementsAre("wye", "inverter"));
  EXPECT_EQ(found.equals, 2U);
}

TEST_F(DetectionTest, EndsWhereNobodyAnswersAnything) {
  hypotheses = {hypothesis(meter("a", code_7)), hypothesis(meter("b")), sunspec("c", "[1]")};
  Detection detection{hypotheses};
  std::size_t questions = 0;
  while (detection.next() && ++questions < 100) {
    detection.silent();
  }
  EXPECT_LE(questions, 7U);
  EXPECT_THAT(detection.verdict().candidates, IsEmpty());
}

TEST_F(DetectionTest, AsksAMuteMeterFirstAboutModelsThatRefuseNothing) {
  hypotheses = {hypothesis(meter("a", code_7)), hypothesis(meter("b", named_b)),
                hypothesis(meter("c")),
                hypothesis(meter("mute", "[timing]\nanswers_exceptions = false\n"))};
  hypotheses[2].values = {{wire::Table::holding_register, 100, 2, false}};
  has_plausible_values();
  put(20, {0, 77});
  Detection detection{hypotheses};
  while (detection.next() && asked.size() < 100) {
    const auto question = *detection.next();
    const auto* read = std::get_if<RegistersQuestion>(&question);
    const bool has_it = read != nullptr && registers.contains(read->first);
    if (has_it) {
      answer(detection, question);
    } else {
      asked.emplace_back("silence");
      detection.silent();
    }
  }
  EXPECT_THAT(asked, ElementsAre("silence", "silence", "0 6", "20 2"));
  const auto found = detection.verdict();
  ASSERT_THAT(names(found), ElementsAre("mute"));
  EXPECT_EQ(found.candidates[0].serial, "77");
}

TEST_F(DetectionTest, AsksATableNoMoreThatIsRefusedTwiceAsUnknown) {
  hypotheses = {hypothesis(meter("a", code_7)), hypothesis(meter("b", named_b)),
                hypothesis(meter("c"))};
  Detection detection{hypotheses};
  std::size_t questions = 0;
  while (detection.next() && ++questions < 100) {
    detection.refused(true);
  }
  EXPECT_EQ(questions, 3U) << "two signs and the identification";
}

TEST_F(DetectionTest, TakesNoAnswerOfAnotherLength) {
  hypotheses = {hypothesis(meter("a", code_7))};
  Detection detection{hypotheses};
  detection.answered({7, 7});
  while (detection.next()) {
    detection.silent();
  }
  EXPECT_THAT(detection.verdict().candidates, IsEmpty());
}

}  // namespace
}  // namespace bornier::model
