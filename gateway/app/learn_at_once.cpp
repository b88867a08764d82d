// SPDX-License-Identifier: Apache-2.0
#include "app/learn_at_once.hpp"

namespace bornier::app {

auto learn_at_once(MeterReader& reader, const MeterSettings& meter, MeterLearning& learning,
                   const std::vector<Gathered>& gathered, modbus::Outcome outcome)
    -> boost::asio::awaitable<bool> {
  for (const auto& one : gathered) {
    static_cast<void>(learning.begins_with(one));
  }
  learning.poll_ended(outcome);
  bool goes_on = true;
  while (goes_on && learning.is_searching()) {
    const auto request = learning.next({});
    const auto looked = co_await reader.look(meter, *request, MeterReader::Effort::full);
    goes_on = looked.outcome != modbus::Outcome::bus_down && learning.came(looked.gathered);
  }
  co_return learning.take_news();
}

}  // namespace bornier::app
