// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/json_pointer.hpp"
#include "model/topic.hpp"

/// What a model that speaks MQTT sends, and where in it its points stand.
namespace bornier::model {

enum class PayloadFormat : std::uint8_t {
  plain,  ///< the payload is the value
  json,
  fields,  ///< text with separators
  bytes,
};

/// How bytes are written as text.
enum class Coding : std::uint8_t { none, hex, base64 };

/// Where in a payload, or in an element of it, something stands. Which members count follows from
/// the format.
struct Place {
  std::vector<JsonPointer> pointers;  ///< json: the first that leads somewhere counts
  std::size_t field{};                ///< fields: from 1; 0: by name
  std::string field_name;             ///< of "name=value"
  std::uint16_t byte{};               ///< bytes: the first one, from 0
  std::uint16_t width{};              ///< bytes of the value
  bool is_signed{};  ///< what is narrower than its registers is extended by its sign
  bool low_first{};  ///< the first byte is the lowest

  friend auto operator==(const Place&, const Place&) -> bool = default;
};

/// Something has to be one of these texts.
struct Requirement {
  std::string capture;  ///< of the topic; empty: `pointer` counts
  JsonPointer pointer;
  std::vector<std::string> values;  ///< with "{name}" where a capture's value is wanted

  friend auto operator==(const Requirement&, const Requirement&) -> bool = default;
};

enum class TimeNotation : std::uint8_t { iso, seconds, milliseconds };

/// The meter's own time.
struct TimeSource {
  Place place;
  TimeNotation notation{};
  bool utc{};     ///< an ISO 8601 text without zone is UTC
  bool needed{};  ///< without a time that is believed the message is not taken

  friend auto operator==(const TimeSource&, const TimeSource&) -> bool = default;
};

/// A message that holds several samples.
struct Each {
  /// The element's value of `point` is a difference: the sample's is `start`, which the message has
  /// as a whole, plus or minus all differences up to this one.
  struct Accumulation {
    std::size_t point{};  ///< indexes into Model::points
    std::size_t start{};
    bool down{};

    friend auto operator==(const Accumulation&, const Accumulation&) -> bool = default;
  };

  JsonPointer in;                  ///< json: the array
  std::uint16_t byte{};            ///< bytes: of the first element
  std::uint16_t stride{};          ///< bytes of an element
  std::uint16_t count{};           ///< bytes: how many; 0: to the end
  std::optional<TimeSource> time;  ///< of each element; nothing: from `base` on
  std::optional<TimeSource> base;  ///< in the message; nothing: the message's own
  std::chrono::milliseconds first{};
  std::chrono::milliseconds step{};
  std::vector<Accumulation> accumulations;

  friend auto operator==(const Each&, const Each&) -> bool = default;
};

struct Message {
  std::string name;
  TopicTemplate topic;
  PayloadFormat format{};
  char separator{','};
  std::optional<JsonPointer> data;  ///< bytes: where in a JSON document their text stands
  Coding coding{};
  std::vector<Requirement> where;
  /// bytes: what they begin with; nothing for a byte: anything.
  std::vector<std::optional<std::byte>> begins;
  std::size_t length{};  ///< bytes: exactly so many; 0: any
  JsonPointer root;
  std::optional<TimeSource> time;
  std::vector<JsonPointer> identity;
  std::optional<Each> each;

  friend auto operator==(const Message&, const Message&) -> bool = default;
};

/// The topic on which a meter, or its last will, says whether it is there.
struct Availability {
  TopicTemplate topic;
  std::optional<JsonPointer> pointer;  ///< nothing: the payload is the word
  std::vector<std::string> online;
  std::vector<std::string> offline;

  friend auto operator==(const Availability&, const Availability&) -> bool = default;
};

/// Where a point of such a model stands. None of it for points that are made of others.
struct PointPlace {
  std::vector<std::size_t> messages;  ///< indexes into Model::messages
  Place place;
  std::vector<Requirement> where;
  std::vector<std::string> absent;  ///< texts that mean "not available"

  friend auto operator==(const PointPlace&, const PointPlace&) -> bool = default;
};

}  // namespace bornier::model
