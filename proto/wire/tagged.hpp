// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace bornier::wire {

/// A number that cannot be mistaken for another kind of number: explicit in, `.value()` out, no
/// arithmetic.
template <class Tag, class T>
class Tagged {
 public:
  using Underlying = T;

  constexpr Tagged() noexcept = default;
  constexpr explicit Tagged(T value) noexcept : value_{value} {}

  [[nodiscard]] constexpr auto value() const noexcept -> T { return value_; }

  friend constexpr auto operator==(Tagged, Tagged) noexcept -> bool = default;
  friend constexpr auto operator<=>(Tagged, Tagged) noexcept = default;

 private:
  T value_{};
};

}  // namespace bornier::wire

template <class Tag, class T>
struct std::hash<bornier::wire::Tagged<Tag, T>> {
  auto operator()(bornier::wire::Tagged<Tag, T> tagged) const noexcept -> std::size_t {
    return std::hash<T>{}(tagged.value());
  }
};
