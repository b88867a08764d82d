// SPDX-License-Identifier: Apache-2.0
#include "buffer/faulty_disk.hpp"

#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace bornier::buffer {

struct FaultyDisk::State {
  struct Write {
    std::uint64_t offset{};
    std::string bytes;
  };
  struct Tracked {
    std::string synced;          ///< what a power cut cannot take
    std::vector<Write> pending;  ///< since then
  };

  std::string name;
  sqlite3_vfs shim{};
  sqlite3_vfs* real = nullptr;
  std::map<std::string, Tracked> files;
  std::uint64_t operations = 0;
  std::uint64_t cut_at = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t fail_at = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();

  /// Counts one operation; false if it fails.
  auto operate() -> bool {
    ++operations;
    return operations < cut_at && operations != fail_at;
  }
  [[nodiscard]] auto is_dead() const -> bool { return operations >= cut_at; }
};

namespace {

using State = FaultyDisk::State;

struct ShimFile {
  sqlite3_file base;
  State* state;
  const char* path;  ///< SQLite keeps it for as long as the file is open; null for temporary ones
  sqlite3_file* real;
};

auto shim(sqlite3_file* file) -> ShimFile& {
  return *reinterpret_cast<ShimFile*>(file);
}
auto real(sqlite3_file* file) -> sqlite3_file* {
  return shim(file).real;
}
auto state_of(sqlite3_vfs* vfs) -> State& {
  return *static_cast<State*>(vfs->pAppData);
}

auto content(const std::string& path) -> std::string {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

auto used_bytes(const State& state) -> std::uint64_t {
  std::uint64_t sum = 0;
  for (const auto& [path, tracked] : state.files) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(path, ignored);
    sum += ignored ? 0 : size;
  }
  return sum;
}

auto on_close(sqlite3_file* file) -> int {
  return real(file)->pMethods->xClose(real(file));
}
auto on_read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) -> int {
  return real(file)->pMethods->xRead(real(file), to, count, offset);
}

auto on_write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) -> int {
  State& state = *shim(file).state;
  if (!state.operate()) {
    return SQLITE_IOERR_WRITE;
  }
  sqlite3_int64 size = 0;
  real(file)->pMethods->xFileSize(real(file), &size);
  if (offset + count > size &&
      used_bytes(state) + static_cast<std::uint64_t>(offset + count - size) > state.limit) {
    return SQLITE_FULL;
  }
  if (shim(file).path != nullptr) {
    state.files[shim(file).path].pending.push_back(
        {static_cast<std::uint64_t>(offset),
         std::string{static_cast<const char*>(from), static_cast<std::size_t>(count)}});
  }
  return real(file)->pMethods->xWrite(real(file), from, count, offset);
}

auto on_truncate(sqlite3_file* file, sqlite3_int64 size) -> int {
  if (!shim(file).state->operate()) {
    return SQLITE_IOERR_TRUNCATE;
  }
  return real(file)->pMethods->xTruncate(real(file), size);
}

auto on_sync(sqlite3_file* file, int /*flags*/) -> int {
  State& state = *shim(file).state;
  if (!state.operate()) {
    return SQLITE_IOERR_FSYNC;
  }
  if (shim(file).path != nullptr) {
    state.files[shim(file).path] = {content(shim(file).path), {}};
  }
  return SQLITE_OK;  // the model is the disk; a real sync would only cost time
}

auto on_file_size(sqlite3_file* file, sqlite3_int64* size) -> int {
  return real(file)->pMethods->xFileSize(real(file), size);
}
auto on_lock(sqlite3_file* file, int level) -> int {
  return real(file)->pMethods->xLock(real(file), level);
}
auto on_unlock(sqlite3_file* file, int level) -> int {
  return real(file)->pMethods->xUnlock(real(file), level);
}
auto on_check_lock(sqlite3_file* file, int* out) -> int {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
auto on_control(sqlite3_file* file, int operation, void* argument) -> int {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
auto on_sector_size(sqlite3_file* file) -> int {
  return real(file)->pMethods->xSectorSize(real(file));
}
auto on_characteristics(sqlite3_file* file) -> int {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
auto on_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) -> int {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
auto on_shm_lock(sqlite3_file* file, int offset, int count, int flags) -> int {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void on_shm_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}
auto on_shm_unmap(sqlite3_file* file, int remove) -> int {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods methods{.iVersion = 2,
                                 .xClose = on_close,
                                 .xRead = on_read,
                                 .xWrite = on_write,
                                 .xTruncate = on_truncate,
                                 .xSync = on_sync,
                                 .xFileSize = on_file_size,
                                 .xLock = on_lock,
                                 .xUnlock = on_unlock,
                                 .xCheckReservedLock = on_check_lock,
                                 .xFileControl = on_control,
                                 .xSectorSize = on_sector_size,
                                 .xDeviceCharacteristics = on_characteristics,
                                 .xShmMap = on_shm_map,
                                 .xShmLock = on_shm_lock,
                                 .xShmBarrier = on_shm_barrier,
                                 .xShmUnmap = on_shm_unmap,
                                 .xFetch = nullptr,
                                 .xUnfetch = nullptr};

auto on_open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags)
    -> int {
  State& state = state_of(vfs);
  ShimFile& opened = shim(file);
  opened.base.pMethods = nullptr;
  opened.state = &state;
  opened.path = name;
  opened.real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(ShimFile));
  const int result = state.real->xOpen(state.real, name, opened.real, flags, out_flags);
  if (result == SQLITE_OK) {
    opened.base.pMethods = &methods;
    if (name != nullptr && !state.files.contains(name)) {
      state.files[name].synced = content(name);
    }
  }
  return result;
}

auto on_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) -> int {
  State& state = state_of(vfs);
  if (state.is_dead()) {
    return SQLITE_IOERR_DELETE;
  }
  state.files.erase(name);
  return state.real->xDelete(state.real, name, sync_directory);
}

}  // namespace

FaultyDisk::FaultyDisk() : state_{std::make_unique<State>()} {
  static int count = 0;
  State& state = *state_;
  state.name = "faulty-disk-" + std::to_string(++count);
  state.real = sqlite3_vfs_find(nullptr);
  state.shim = *state.real;
  state.shim.pNext = nullptr;
  state.shim.zName = state.name.c_str();
  state.shim.pAppData = &state;
  state.shim.szOsFile = static_cast<int>(sizeof(ShimFile)) + state.real->szOsFile;
  state.shim.xOpen = on_open;
  state.shim.xDelete = on_delete;
  sqlite3_vfs_register(&state.shim, 0);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&state_->shim);
}

auto FaultyDisk::vfs() const -> const std::string& {
  return state_->name;
}
auto FaultyDisk::operations() const -> std::uint64_t {
  return state_->operations;
}
void FaultyDisk::cut_power_at(std::uint64_t operation) {
  state_->cut_at = operation;
}
void FaultyDisk::come_back() {
  state_->cut_at = std::numeric_limits<std::uint64_t>::max();
}
void FaultyDisk::fail_once_at(std::uint64_t operation) {
  state_->fail_at = operation;
}
void FaultyDisk::limit_bytes(std::uint64_t bytes) {
  state_->limit = bytes;
}
void FaultyDisk::lift_limit() {
  limit_bytes(std::numeric_limits<std::uint64_t>::max());
}

void FaultyDisk::restore_power(Unsynced unsynced, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  for (auto& [path, tracked] : state_->files) {
    std::string bytes = tracked.synced;
    for (const auto& write : tracked.pending) {
      if (unsynced == Unsynced::lost || (unsynced == Unsynced::some && random() % 2 == 0)) {
        continue;
      }
      const auto offset = static_cast<std::size_t>(write.offset);
      bytes.resize(std::max(bytes.size(), offset + write.bytes.size()));
      bytes.replace(offset, write.bytes.size(), write.bytes);
    }
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
    std::error_code ignored;
    std::filesystem::remove(path + "-shm", ignored);
  }
  state_->files.clear();
  come_back();
}

}  // namespace bornier::buffer
