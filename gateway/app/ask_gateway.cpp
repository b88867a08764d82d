// SPDX-License-Identifier: Apache-2.0
#include "app/ask_gateway.hpp"

#include <boost/json/parse.hpp>
#include <chrono>

#include "app/daemon.hpp"
#include "io/local_socket.hpp"

namespace bornier::app {
namespace {

namespace errc = boost::system::errc;
namespace json = boost::json;

/// Longer than an order may wait for its turn and then take.
constexpr std::chrono::seconds patience{90};

}  // namespace

auto ask_gateway(const std::filesystem::path& state_directory, std::string_view request)
    -> wire::Result<std::optional<json::object>, std::string> {
  const auto path = (state_directory / socket_name).string();
  const auto answer = io::ask_local(path, request, patience);
  if (!answer) {
    const auto& failure = answer.error();
    if (failure == errc::connection_refused || failure == errc::no_such_file_or_directory ||
        failure == errc::not_a_directory) {
      return std::optional<json::object>{};
    }
    auto text = path + ": " + failure.message();
    if (failure == errc::permission_denied) {
      text += "; only the gateway's user and group may ask it: try with sudo";
    }
    return text;
  }
  boost::system::error_code failure;
  auto parsed = json::parse(*answer, failure);
  if (failure || !parsed.is_object()) {
    return path + ": the answer is not understood; is the gateway of another version?";
  }
  auto& object = parsed.get_object();
  if (const auto* error = object.if_contains("error"); error != nullptr && error->is_string()) {
    return std::string{error->get_string().c_str()};
  }
  return std::optional<json::object>{std::move(object)};
}

}  // namespace bornier::app
