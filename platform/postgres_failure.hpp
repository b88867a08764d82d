// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// What libpq and the server say, for a line of the log. `url` is what was connected to; nothing of
/// a password in it is in the results.
namespace bornier::platform::postgres {

/// The first line of `reason`.
[[nodiscard]] auto in_one_line(std::string_view url, std::string_view reason) -> std::string;

/// The same with what to do about it, for what goes wrong before the first transaction. A server
/// that does not speak English only gets the general advice.
[[nodiscard]] auto with_remedy(std::string_view url, std::string_view reason) -> std::string;

}  // namespace bornier::platform::postgres
