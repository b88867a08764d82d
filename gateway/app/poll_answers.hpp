// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "app/meter_reader.hpp"
#include "model/decode.hpp"

namespace bornier::app {

/// What the settings of a device showed last: by index into Model::settings.
using SettingsShown = std::map<std::size_t, reading::Decimal>;

/// What the answers of one poll say. A point that needs several of them has its value once the last
/// one has come.
class PollAnswers {
 public:
  /// All are borrowed. `shown` is what the settings of the device showed in the polls before; it is
  /// kept up to date.
  PollAnswers(const MeterSettings& meter, const std::vector<Request>& requests,
              SettingsShown* shown = nullptr);

  /// The points that this answer gives or completes; none for a refusal or silence. A poll in which
  /// a setting has changed does not tell which values were taken before: it gives none that depend
  /// on that setting.
  [[nodiscard]] auto add(const Gathered& one) -> std::vector<model::Decoded>;
  /// Settings that show something else than in the poll before, or something for the first time;
  /// each once.
  [[nodiscard]] auto take_news() -> std::vector<std::size_t> { return std::exchange(news_, {}); }
  /// The points that are not known because of this refusal or silence. A point that needs several
  /// answers has the reason of the first that failed.
  [[nodiscard]] auto failed(const Request& request) -> std::vector<std::size_t>;

 private:
  [[nodiscard]] auto block_of(const Gathered& one) const -> model::RegisterBlock;
  [[nodiscard]] auto is_complete(std::size_t point) const -> bool;
  void look_at_settings(const model::RegisterBlock& block);
  void withhold(std::vector<model::Decoded>& decoded) const;

  const MeterSettings& meter_;
  const std::vector<Request>& requests_;
  std::vector<Gathered> kept_;       ///< answers that other points wait for
  std::vector<std::size_t> failed_;  ///< points whose reason is told
  SettingsShown* shown_;
  SettingsShown before_;              ///< as it was when the poll began
  std::vector<std::size_t> changed_;  ///< settings
  std::vector<std::size_t> news_;
};

}  // namespace bornier::app
