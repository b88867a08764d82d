// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace bornier::buffer {

/// A SQLite VFS over the real files whose nth write, truncation or sync fails, whose power can be
/// cut, and which can be full. For tests; one at a time in a thread.
///
/// Power: what was synced stays; of what was written since, a cut keeps any part.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  auto operator=(const FaultyDisk&) -> FaultyDisk& = delete;

  [[nodiscard]] auto vfs() const -> const std::string&;

  /// Writes, truncations and syncs so far.
  [[nodiscard]] auto operations() const -> std::uint64_t;

  /// Operation number `operation` (1 is the first) and all after it fail: the power is gone.
  void cut_power_at(std::uint64_t operation);
  /// The disk answers again, with all that was written before it was gone.
  void come_back();
  /// Only this operation fails.
  void fail_once_at(std::uint64_t operation);
  /// A file cannot grow when all files together would exceed this.
  void limit_bytes(std::uint64_t bytes);
  void lift_limit();

  enum class Unsynced : std::uint8_t { lost, kept, some };
  /// Puts the files into the state in which the next boot finds them. Close the database first.
  void restore_power(Unsynced unsynced, std::uint64_t seed);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace bornier::buffer
