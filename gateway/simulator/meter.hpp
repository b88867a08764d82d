// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/encode.hpp"
#include "model/model.hpp"
#include "reading/time.hpp"
#include "simulator/load.hpp"
#include "simulator/recording.hpp"
#include "wire/pdu.hpp"
#include "wire/registers.hpp"
#include "wire/result.hpp"

namespace bornier::simulator {

struct MeterDescription {
  std::string name;
  wire::UnitId unit{1};
  std::shared_ptr<const model::Model> model;
  std::map<std::string, std::string> settings;  ///< of the model, by name
  std::map<std::string, std::string> fixed;     ///< point → value that never changes; "?": absent
  std::shared_ptr<const Recording> recording;   ///< made with the same model
  bool wrap{};                                  ///< after the last row: begin again, not hold it
  /// Points that are neither recorded nor fixed get a generated load; otherwise they read as 0.
  bool generate{};
  std::uint32_t seed{1};
  std::chrono::milliseconds row_every{1'000};
  std::chrono::milliseconds latency{};  ///< from request to answer
  bool dead{};                          ///< never answers
  bool ignores_writes{};                ///< acknowledges them, and keeps what it had
};

/// Of one entry of `fixed`; nothing if it is no decimal number and the point takes no text.
[[nodiscard]] auto value_of(const model::Point& point, const std::string& text)
    -> std::optional<model::PointValue>;

/// What became of one request.
struct Served {
  std::optional<wire::Pdu> answer;  ///< nothing: silence
  std::uint8_t function{};          ///< as in the request; 0 if it had none
  std::uint16_t address{};
  std::uint16_t count{};
  std::uint64_t row{};
  std::optional<wire::ExceptionCode> exception;
  std::vector<std::uint16_t> written;  ///< what the request writes, taken or not
};

/// What a request of function 5, 6, 15 or 16 writes; a bit is a word of 0 or 1.
struct Change {
  std::uint8_t function{};
  wire::Table table{};
  std::uint16_t first{};
  std::vector<std::uint16_t> words;
};
[[nodiscard]] auto change_of(const wire::Request& request) -> std::optional<Change>;

/// One simulated meter, without its socket: answers requests as the device would, the way it
/// refuses and sleeps included.
class Meter {
 public:
  /// The error says which setting, point or row the model cannot do: every row is tried.
  [[nodiscard]] static auto create(MeterDescription description)
      -> wire::Result<Meter, std::string>;

  [[nodiscard]] auto description() const noexcept -> const MeterDescription& {
    return description_;
  }
  void set_dead(bool dead) noexcept { description_.dead = dead; }
  /// What waits for it takes effect: description().unit may be another afterwards.
  void restart();

  /// `since_start`: time since row 0 began.
  [[nodiscard]] auto serve(std::span<const std::byte> request,
                           std::chrono::milliseconds since_start, reading::Instant now) -> Served;

 private:
  Meter(MeterDescription description, model::Settings settings);

  void add_neutral_factors(Row& row);
  void write_sunspec_list();
  void write_scan_list();
  void add_signs();
  auto write_constants() -> wire::Result<void, std::string>;
  auto write(const Row& row) -> wire::Result<void, std::string>;
  void write_roughly(const Row& row);
  [[nodiscard]] auto row_at(std::chrono::milliseconds since_start) const -> std::uint64_t;
  void show(std::uint64_t row);
  [[nodiscard]] auto sleeps(reading::Instant now) -> bool;
  /// What the registers by which the model is known hold, where exactly they are asked for.
  [[nodiscard]] auto sign_at(const wire::Request& request) const
      -> const std::vector<std::uint16_t>*;
  [[nodiscard]] auto refusal(const wire::Request& request) const
      -> std::optional<wire::ExceptionCode>;
  [[nodiscard]] auto answer(const wire::Request& request) const -> std::optional<wire::Pdu>;
  /// Keeps what is written, or says why not.
  [[nodiscard]] auto take(const Change& change, reading::Instant now)
      -> std::optional<wire::ExceptionCode>;
  [[nodiscard]] auto is_password_place(const Change& change) const -> bool;
  [[nodiscard]] auto take_password(const Change& change, reading::Instant now)
      -> std::optional<wire::ExceptionCode>;
  [[nodiscard]] auto means_something(const model::Point& point, const Change& change) const -> bool;
  void keep(const model::Point& point, const Change& change);
  void show_under(const Change& change);
  [[nodiscard]] auto word_at(wire::Table table, std::uint16_t address) const -> std::uint16_t;
  /// Answers look into `room`.
  [[nodiscard]] auto values(const wire::Read& read, std::span<std::byte> room) const
      -> wire::Response;
  [[nodiscard]] auto identification(const wire::ReadDeviceIdentification& request,
                                    std::span<std::byte> room) const -> wire::Response;

  MeterDescription description_;
  model::Settings settings_;
  model::RegisterImage image_;
  std::map<std::pair<wire::Table, std::uint16_t>, std::uint16_t> written_;  ///< hides the image
  std::optional<reading::Instant> unlocked_until_;
  std::optional<wire::UnitId> next_unit_;  ///< from the next restart on
  std::vector<model::TestRegisters> signs_;
  std::optional<Load> load_;
  Row constants_;                    ///< but for what tells their unit and weight
  std::vector<bool> settled_;        ///< by point: recorded or fixed, so not generated
  std::vector<std::uint8_t> turns_;  ///< by point: in which order they are written
  std::optional<std::uint64_t> shown_row_;
  std::optional<reading::Instant> last_request_;
};

}  // namespace bornier::simulator
