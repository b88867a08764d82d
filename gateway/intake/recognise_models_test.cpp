// SPDX-License-Identifier: Apache-2.0
// What the messages that the shipped models carry are recognised as, among all of these models.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "intake/recognise.hpp"
#include "intake/testing.hpp"
#include "model/load.hpp"
#include "reading/time_text.hpp"

namespace bornier::intake {
namespace {

auto shipped_models() -> std::vector<std::shared_ptr<const model::Model>> {
  std::vector<std::shared_ptr<const model::Model>> models;
  for (const auto& file : message_models()) {
    auto model = model::load_model(text_of_file(file), file.filename().string());
    if (model) {
      models.push_back(std::make_shared<const model::Model>(*std::move(model)));
    }
  }
  return models;
}

class RecogniseModels : public testing::Test {
 protected:
  /// All messages in the tests of the model.
  static auto listen_to(const model::Model& model) -> Recogniser {
    Recogniser recogniser{models()};
    for (const auto& test : model.tests) {
      const auto arrived = reading::parse_stamp(test.message->arrived);
      recogniser.hear(test.message->topic, std::as_bytes(std::span{test.message->payload}), false,
                      arrived.value_or(*reading::parse_stamp("2026-11-28T04:00:00.000Z")));
    }
    return recogniser;
  }
  static auto models() -> const std::vector<std::shared_ptr<const model::Model>>& {
    static const auto all = shipped_models();
    return all;
  }
  /// "device: model, or others", a line each.
  static auto text_of(const std::vector<RecognisedDevice>& devices) -> std::string {
    std::string text;
    for (const auto& device : devices) {
      text += device.device + ": " + device.model->id;
      for (const auto& rival : device.rivals) {
        text += ", or " + rival;
      }
      text += "\n";
    }
    return text;
  }
};

TEST_F(RecogniseModels, AreNamedForTheirOwnDevices) {
  ASSERT_GT(models().size(), 20U);
  for (const auto& model : models()) {
    const auto devices = listen_to(*model).devices();
    EXPECT_FALSE(devices.empty()) << model->id;
    for (const auto& device : devices) {
      const bool as_rival = std::ranges::find(device.rivals, model->id) != device.rivals.end();
      EXPECT_TRUE(device.model->id == model->id || as_rival) << "of " << model->id << ":\n"
                                                             << text_of(devices);
    }
  }
}

TEST_F(RecogniseModels, HaveRivalsOnlyWhereBytesDoNotTell) {
  // A network server hands out the bytes and what a codec made of them; two kinds of one maker's
  // telegrams have one port.
  const std::set<std::string> ambiguous{"axioma-qalcosonic-w1", "axioma-qalcosonic-w1-temperature",
                                        "elvaco-cmi4111"};
  for (const auto& model : models()) {
    for (const auto& device : listen_to(*model).devices()) {
      EXPECT_TRUE(ambiguous.contains(model->id) ||
                  (device.model->id == model->id && device.rivals.empty()))
          << "of " << model->id << ": " << text_of({device});
    }
  }
}

}  // namespace
}  // namespace bornier::intake
