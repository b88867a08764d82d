// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/configuration.hpp"
#include "io/clock.hpp"
#include "io/line.hpp"
#include "model/test_models.hpp"
#include "wire/tcp_frame.hpp"
#include "wire/testing.hpp"

/// What the tests of this room share.
namespace bornier::app {

/// Moved by hand, and by a ScriptedLine on which nothing comes.
class ManualClock final : public io::Clock {
 public:
  [[nodiscard]] auto now() const -> reading::Now override { return now_; }
  void move_to(reading::Instant instant) {
    now_.stamp += std::chrono::floor<std::chrono::milliseconds>(instant - now_.instant);
    now_.instant = instant;
  }
  void move_by(std::chrono::milliseconds by) { move_to(now_.instant + by); }

 private:
  reading::Now now_{.instant = reading::Instant{std::chrono::hours{1}},
                    .stamp = reading::stamp_at(1'767'225'600'000)};
};

/// Answers request after request (Modbus TCP) as told; later ones not at all.
class ScriptedLine final : public io::Line {
 public:
  /// Silence passes at once where it can move `manual`; otherwise it fails the test.
  explicit ScriptedLine(const io::Clock& clock, ManualClock* manual = nullptr)
      : clock_{clock}, manual_{manual} {}

  void answers(std::string_view pdu) {
    script_.push_back({.pdu = wire::bytes(pdu), .lost = false});
  }
  /// Those that nobody has asked for.
  void forget_answers() { script_.clear(); }
  void is_silent() { script_.push_back({}); }
  /// The server has closed the connection.
  void is_lost() { script_.push_back({.pdu = {}, .lost = true}); }

  /// When each request was written.
  [[nodiscard]] auto asked() const -> const std::vector<reading::Instant>& { return asked_; }
  /// The address that each request begins with.
  [[nodiscard]] auto addresses() const -> const std::vector<int>& { return addresses_; }
  /// Function and data of all requests, and the units that they went to.
  [[nodiscard]] auto requests() const -> const std::vector<std::vector<std::byte>>& {
    return requests_;
  }
  [[nodiscard]] auto units() const -> const std::vector<int>& { return units_; }
  [[nodiscard]] auto connections() const -> int { return connections_; }

  auto connect(reading::Instant /*until*/) -> io::asio::awaitable<wire::Result<void>> override {
    open_ = true;
    ++connections_;
    co_return wire::Result<void>{};
  }

  auto write(std::span<const std::byte> bytes) -> io::asio::awaitable<wire::Result<void>> override {
    asked_.push_back(clock_.now().instant);
    Reaction reaction;
    if (!script_.empty()) {
      reaction = std::move(script_.front());
      script_.pop_front();
    }
    lost_ = reaction.lost;
    arriving_.clear();
    const auto request = wire::decode_tcp(bytes);
    if (request && request->pdu.size() >= 3) {
      addresses_.push_back((std::to_integer<int>(request->pdu[1]) << 8) |
                           std::to_integer<int>(request->pdu[2]));
    }
    if (request) {
      requests_.push_back(wire::copy(request->pdu));
      units_.push_back(request->unit.value());
    }
    if (request && !reaction.pdu.empty()) {
      const auto frame = wire::encode_tcp(request->transaction, request->unit, reaction.pdu);
      arriving_ = wire::copy(frame.value().bytes());
    }
    co_return wire::Result<void>{};
  }

  auto read_some(reading::Instant until)
      -> io::asio::awaitable<wire::Result<std::span<const std::byte>>> override {
    if (lost_) {
      open_ = false;
      co_return make_error_code(boost::asio::error::eof);
    }
    if (arriving_.empty() && manual_ != nullptr) {
      manual_->move_to(until);
    } else if (arriving_.empty()) {
      ADD_FAILURE() << "nothing is scripted for this request";
      open_ = false;
      co_return make_error_code(boost::asio::error::eof);
    }
    given_ = std::exchange(arriving_, {});
    co_return std::span<const std::byte>{given_};
  }

  void drain() override { arriving_.clear(); }
  void close() override { open_ = false; }
  [[nodiscard]] auto is_open() const -> bool override { return open_; }
  [[nodiscard]] auto name() const -> std::string override { return "scripted"; }

 private:
  struct Reaction {
    std::vector<std::byte> pdu;
    bool lost{};
  };

  const io::Clock& clock_;
  ManualClock* manual_;
  std::deque<Reaction> script_;
  std::vector<std::byte> arriving_;
  std::vector<std::byte> given_;
  std::vector<reading::Instant> asked_;
  std::vector<int> addresses_;
  std::vector<std::vector<std::byte>> requests_;
  std::vector<int> units_;
  int connections_ = 0;
  bool lost_ = false;
  bool open_ = false;
};

/// Meter "main" of a model with two 16-bit points, "a" in holding register 0 and "b" in 100, both
/// read once a day. Asked twice at the most, each time for a second.
[[nodiscard]] inline auto two_point_meter(const model::Timing& timing) -> MeterSettings {
  auto model = model::model_with_points(
      "a = { quantity = \"power_factor\", address = 0, type = \"uint16\" }\n"
      "b = { quantity = \"power_factor\", address = 100, type = \"uint16\" }\n");
  model.timing = timing;
  MeterSettings meter;
  meter.id = "main";
  meter.unit_id = wire::UnitId{7};
  meter.model = std::make_shared<const model::Model>(std::move(model));
  meter.settings = model::Settings{*meter.model};
  meter.polls.push_back({.every = std::chrono::days{1}, .points = {0}});
  return meter;
}

/// The same meter, "b" being its serial number in two registers from 50 on; "a" is read.
[[nodiscard]] inline auto meter_with_serial(std::string serial) -> MeterSettings {
  auto meter = two_point_meter({});
  meter.model = std::make_shared<const model::Model>(model::model_with_points(
      "a = { quantity = \"power_factor\", address = 0, type = \"uint16\" }\n"
      "b = { quantity = \"serial_number\", address = 50, type = \"string:2\" }\n"));
  meter.settings = model::Settings{*meter.model};
  meter.serial = std::move(serial);
  return meter;
}

}  // namespace bornier::app
