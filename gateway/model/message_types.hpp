// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/load_parts.hpp"
#include "model/message.hpp"
#include "model/toml_reader.hpp"

/// How load_model reads what stands in messages.
namespace bornier::model {

/// A text, or a list of texts.
[[nodiscard]] auto read_one_or_more(TableReader& reader, std::string_view key)
    -> std::vector<std::string>;
/// `where`; pointers in it are allowed where there is JSON.
[[nodiscard]] auto read_requirements(TableReader& parent, Report& report, bool has_pointers)
    -> std::vector<Requirement>;
/// The keys of one message; whoever calls finishes the reader.
[[nodiscard]] auto read_message(Draft& draft, TableReader& reader, std::string name) -> Message;
/// `field`: a number from 1, or a name.
void read_field(TableReader& reader, Place& place);
/// `byte`, `type` and `order`: which bytes, and as which registers they are decoded.
void read_bytes(TableReader& reader, Place& place, Encoding& encoding);

}  // namespace bornier::model
