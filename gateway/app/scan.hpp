// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "app/line_asker.hpp"
#include "app/scan_progress.hpp"
#include "app/scan_report.hpp"
#include "io/clock.hpp"
#include "modbus/sweep.hpp"
#include "model/detect.hpp"

namespace bornier::app {

struct ScanSettings {
  BusSettings bus;
  modbus::SweepPlan plan;
  wire::Read question;  ///< to every unit
  std::vector<std::shared_ptr<const model::Model>> models;
  LineAsker::MakeLine make_line;
};

/// Carries a scan out: Sweep says which unit is asked, Detection what about. What was found so far
/// can be asked for at any time between two turns of the loop.
class Scan {
 public:
  /// `clock` and `progress` are borrowed.
  Scan(const boost::asio::any_io_executor& executor, const io::Clock& clock, ScanSettings settings,
       ScanProgress& progress);

  /// False after the reason why the line cannot be used was said.
  [[nodiscard]] auto run() -> boost::asio::awaitable<bool>;

  /// With what is known so far of the unit that is being identified.
  [[nodiscard]] auto report() const -> ScanReport;
  [[nodiscard]] auto sweep() const noexcept -> const modbus::Sweep& { return sweep_; }

 private:
  /// Of the unit that was found last. False if the line was lost.
  [[nodiscard]] auto identify() -> boost::asio::awaitable<wire::Result<void>>;
  [[nodiscard]] auto ask(const model::Question& question, wire::UnitId unit)
      -> boost::asio::awaitable<wire::Result<void>>;
  [[nodiscard]] auto patience() const -> reading::Instant::duration;
  [[nodiscard]] auto doing(const modbus::Sweep::Question& question) const -> std::string;
  /// Some devices behind TCP answer whatever unit is asked for: they are one meter.
  void merge_echoes();
  [[nodiscard]] auto is_same_meter(const ScannedUnit& one) const -> const ScannedUnit*;

  const io::Clock& clock_;
  ScanProgress& progress_;
  ScanSettings settings_;
  std::vector<model::Hypothesis> hypotheses_;
  modbus::Sweep sweep_;
  LineAsker asker_;
  ScanReport report_;
  std::optional<model::Detection> detection_;  ///< of the unit found last
  reading::Instant::duration pause_{};         ///< the longest that a model asks for
  reading::Instant::duration slowest_{};       ///< answer of the unit that is being identified
  unsigned silences_{};                        ///< of that unit
};

}  // namespace bornier::app
