// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/node_way.hpp"
#include "app/output.hpp"

/// What the subcommands of `bornier node` do; each returns the exit code.
namespace bornier::app {

struct NodeOptions {
  NodePlace node;
  std::vector<std::string> words;  ///< METER with -c, and the value that is set
  std::string value;
  int input = 0;
  int new_baud = 0;
  std::string new_format;
  Format format{};
  bool configuration = false;
  bool force = false;
  bool yes = false;
};

[[nodiscard]] auto show_node(const NodeOptions& options) -> int;
/// On trial first: what fails leaves the node where it was, and that is waited for.
[[nodiscard]] auto set_node_address(const NodeOptions& options) -> int;
[[nodiscard]] auto set_pulse_value(const NodeOptions& options) -> int;
[[nodiscard]] auto set_index(const NodeOptions& options) -> int;

}  // namespace bornier::app
