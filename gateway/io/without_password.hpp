// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bornier::io {

/// What in the URL of a broker or a database nobody may read in a log: all between the first ':'
/// after "://" and the last '@', and the values of `password=` and `sslpassword=`, whether or not
/// the URL is a right one. Without "://" the text is searched from its begin, and a value of
/// `password=` reaches to its end. The parts look into `url`.
[[nodiscard]] auto passwords_in(std::string_view url) -> std::vector<std::string_view>;

/// The URL with "***" in their places.
[[nodiscard]] auto without_password(std::string_view url) -> std::string;

}  // namespace bornier::io
