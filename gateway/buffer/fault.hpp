// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/assert/source_location.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/result.hpp"

namespace bornier::buffer {

/// What went wrong on disk. The numbers reach the logs: append, never renumber.
enum class Fault : std::uint8_t {
  directory_unusable = 1,  ///< missing and cannot be made, or not writable
  in_use,                  ///< another process holds the state directory
  newer_schema,            ///< written by a newer version; left untouched
  disk_full,               ///< nothing was accepted; what is on disk stays
  input_output,            ///< the disk failed an operation; nothing was accepted
  damaged,                 ///< the database contradicts itself; the next open() salvages it
  catalog_full,            ///< it would not decode any more; nothing was saved
};

/// What the caller does about it.
enum class Remedy : std::uint8_t {
  ask_operator,  ///< cannot go on: say so and exit
  try_again,     ///< keep the readings in memory and ask again; the store recovers by itself
  open_again,    ///< end the process (or destroy the Store) and open(): that salvages
};

[[nodiscard]] auto remedy(Fault fault) noexcept -> Remedy;

/// One clause: "the disk is full".
[[nodiscard]] auto to_text(Fault fault) noexcept -> std::string_view;

struct Failure {
  Fault fault{};
  std::string detail;  ///< names the file and what SQLite or the system said
};

/// "the disk is full: /var/lib/bornier/buffer.db: database or disk is full".
[[nodiscard]] auto to_text(const Failure& failure) -> std::string;

/// Found by Boost.System when somebody asks a failed Result for its value.
[[noreturn]] void throw_exception_from_error(const Failure& failure,
                                             const boost::source_location& location);

template <class T>
using Result = wire::Result<T, Failure>;

}  // namespace bornier::buffer
