// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace bornier::modbus {

/// The same numbers for the same seed on every platform (SplitMix64): for property tests.
class Seeded {
 public:
  explicit Seeded(std::uint64_t seed) : state_{seed} {}

  /// 0 to below − 1.
  auto draw(std::uint32_t below) -> std::uint32_t {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<std::uint32_t>((z ^ (z >> 31U)) % below);
  }

 private:
  std::uint64_t state_;
};

}  // namespace bornier::modbus
