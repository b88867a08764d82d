// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "buffer/fault.hpp"
#include "buffer/figures.hpp"
#include "reading/entries.hpp"

namespace bornier::buffer {

/// Where entries come from in an export.
enum class Stage : std::uint8_t { journal, sealed, confirmed };

struct Exported {
  Stage stage{};
  batch::StreamId stream;
  batch::Sequence sequence;  ///< 0 in the journal
  bool dated{};              ///< times are UTC; else milliseconds since boot
  const reading::Entries& entries;
};

/// Looks at a state directory without changing it, also while a daemon runs on it: for
/// `bornier buffer`. All calls see the store as it was when this was opened.
class Inspection {
 public:
  [[nodiscard]] static auto open(const std::filesystem::path& directory) -> Result<Inspection>;

  Inspection(Inspection&&) noexcept;
  auto operator=(Inspection&&) noexcept -> Inspection&;
  ~Inspection();

  [[nodiscard]] auto figures() -> Result<Figures>;
  [[nodiscard]] auto catalog() -> Result<std::optional<batch::Catalog>>;

  /// Batches in order, then the journal; one at a time in memory. What cannot be decoded or is lost
  /// is passed over by `readings` and counted in the result.
  [[nodiscard]] auto for_each(const std::function<void(const Exported&)>& visit)
      -> Result<std::uint64_t>;

 private:
  struct State;
  explicit Inspection(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace bornier::buffer
