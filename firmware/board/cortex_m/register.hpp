// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace bornier::board {

/// A register of 32 bits at a fixed address.
class Register {
 public:
  constexpr explicit Register(std::uint32_t address) noexcept : address_{address} {}

  [[nodiscard]] auto read() const noexcept -> std::uint32_t { return *place(); }
  auto write(std::uint32_t value) const noexcept -> void { *place() = value; }
  auto set(std::uint32_t bits) const noexcept -> void { write(read() | bits); }
  auto clear(std::uint32_t bits) const noexcept -> void { write(read() & ~bits); }
  [[nodiscard]] auto has(std::uint32_t bits) const noexcept -> bool { return (read() & bits) != 0; }

 private:
  [[nodiscard]] auto place() const noexcept -> volatile std::uint32_t* {
    return reinterpret_cast<volatile std::uint32_t*>(address_);
  }

  std::uint32_t address_;
};

constexpr auto bit(unsigned index) noexcept -> std::uint32_t {
  return std::uint32_t{1} << index;
}

}  // namespace bornier::board
