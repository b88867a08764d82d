// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/model.hpp"
#include "model/run_tests.hpp"

namespace bornier::intake {

/// Takes the messages in the tests of a model that speaks MQTT: every sample has to be as expected,
/// and there must be no others.
[[nodiscard]] auto run_message_tests(const model::Model& model) -> std::vector<model::TestFailure>;

}  // namespace bornier::intake
