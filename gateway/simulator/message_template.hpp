// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/encode.hpp"
#include "model/model.hpp"
#include "reading/time.hpp"
#include "simulator/payload_text.hpp"
#include "wire/result.hpp"

namespace bornier::simulator {

/// A value that a composed payload has to give when intake reads it.
struct Meant {
  std::size_t message{};
  std::size_t point{};
  std::optional<reading::Stamp> time;  ///< that the payload states
  model::PointValue value;             ///< as decode gives it
};

struct ComposedMessage {
  std::vector<Meant> meant;
  std::string topic;
  std::string payload;
};

/// A message of a [[test]] of a model, with places for other values, times and names. What is no
/// such place stays as the test has it.
class MessageTemplate {
 public:
  using Captures = std::map<std::string, std::string>;

  /// The error is a clause: why the test is none.
  [[nodiscard]] static auto create(std::shared_ptr<const model::Model> model,
                                   const model::Settings& settings, const model::MessageTest& test)
      -> wire::Result<MessageTemplate, std::string>;

  struct Order {
    reading::Stamp time;
    std::chrono::milliseconds every;  ///< how far a history's samples lie apart
    const Captures& captures;         ///< that somebody fills; the others are those of the test
    std::uint64_t number;             ///< for what counts messages
    std::function<std::optional<model::PointValue>(std::size_t point, reading::Stamp)> value;
  };
  [[nodiscard]] auto compose(const Order& order) const -> ComposedMessage;

  /// Which of the model's messages it is: one payload may be several.
  [[nodiscard]] auto messages() const -> const std::vector<std::size_t>& { return messages_; }
  /// Message and point of all the numbers and texts in it.
  [[nodiscard]] auto contents() const -> const std::vector<std::pair<std::size_t, std::size_t>>& {
    return contents_;
  }
  /// It tells its time, and has a counter of its messages if any of the model's tests has one.
  [[nodiscard]] auto completeness() const -> int {
    return (times_.empty() ? 0 : 1) + (counts_ ? 1 : 0);
  }
  /// Of the times that it states, the coarsest; 0 if it states none.
  [[nodiscard]] auto time_resolution() const -> std::chrono::milliseconds;

 private:
  class Builder;
  class Filler;

  /// A piece of the payload's text that may be replaced.
  struct Piece {
    Extent extent;
    std::string capture;  ///< not empty: this capture's value
    bool counts{};        ///< the number of the message
    bool quoted{};        ///< in JSON: stands in quotes
  };
  struct TimePlace {
    enum class Kind : std::uint8_t { now, base, element };
    std::optional<std::size_t> piece;  ///< nothing: bytes
    model::Place bytes;                ///< counted from the beginning
    TimeFormat format;
    Kind kind{};
    std::chrono::milliseconds lead{};  ///< base: from it to the newest element
    std::chrono::milliseconds step{};  ///< base: it is a multiple of this
    std::int64_t ago{};                ///< element: how many steps
  };
  /// The time of a part: that of a place, or nothing that the payload states.
  struct Moment {
    std::optional<std::size_t> place;
    std::chrono::milliseconds offset{};
  };
  struct ValuePlace {
    std::size_t message{};
    std::size_t point{};
    Moment moment;
    std::optional<std::size_t> piece;  ///< nothing: bytes
    std::size_t begin{};               ///< bytes: of the part
    std::size_t size{};
    int decimals{};
    bool label{};  ///< the test has a label there
    /// The value is a difference: from the sample before, of the point that it is added to.
    struct Difference {
      std::size_t start{};
      Moment before;
      bool down{};
    };
    std::optional<Difference> difference;
  };

  std::shared_ptr<const model::Model> model_;
  std::optional<model::Settings> settings_;
  std::vector<std::size_t> messages_;
  std::vector<std::pair<std::size_t, std::size_t>> contents_;
  Captures named_;  ///< what the topic of the test names
  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<std::size_t> order_;  ///< of the pieces in the text
  std::vector<std::byte> bytes_;
  model::Coding coding_{};
  bool has_bytes_{};
  std::optional<std::size_t> data_;  ///< the piece that the bytes stand in; nothing: all of it
  std::vector<TimePlace> times_;
  std::vector<ValuePlace> values_;
  bool counts_{};
};

}  // namespace bornier::simulator
