// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "buffer/store.hpp"

namespace bornier::buffer {

/// buffer.db, and the names it has while and after it is salvaged.
[[nodiscard]] auto database_file(const std::filesystem::path& directory) -> std::filesystem::path;

/// Says "salvage at the next open": damage among the payloads is not looked for at start-up.
void mark_suspect(const std::filesystem::path& directory) noexcept;
[[nodiscard]] auto is_suspect(const std::filesystem::path& directory) noexcept -> bool;

/// A power cut between the two renames of salvage() left the new database under its working name.
void finish_interrupted_salvage(const std::filesystem::path& directory);

/// Copies what reads back into a new database with a new stream, declares that something may be
/// lost, sets the damaged file aside (buffer.db.damaged-<time>, only the newest is kept) and puts
/// the new one in its place. Throws as database.hpp does when the new file cannot be written.
[[nodiscard]] auto salvage(const Settings& settings, const Clock& clock, batch::StreamId stream,
                           const std::string& reason) -> Opened;

}  // namespace bornier::buffer
