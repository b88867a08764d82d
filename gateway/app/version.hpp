// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bornier::app {

inline constexpr const char* version = BORNIER_VERSION;

}  // namespace bornier::app
