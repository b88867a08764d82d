// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>

namespace bornier::wire {

/// A value or the reason why there is none. A class of its own because Boost's is not
/// [[nodiscard]].
template <class T, class E = boost::system::error_code>
class [[nodiscard]] Result : public boost::system::result<T, E> {
 public:
  using boost::system::result<T, E>::result;
};

[[nodiscard]] inline auto ok() -> Result<void> {
  return Result<void>{boost::system::in_place_value};
}

}  // namespace bornier::wire
