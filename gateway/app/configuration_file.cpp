// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "app/configuration.hpp"
#include "model/load.hpp"

namespace bornier::app {
namespace {

constexpr const char* own_models = "/etc/bornier/models";
constexpr const char* zones = "/usr/share/zoneinfo";

auto read_file(const std::filesystem::path& path) -> std::optional<std::string> {
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad()) {
    return std::nullopt;
  }
  return text;
}

auto is_timezone(const std::string& name) -> bool {
  const bool leads_out = name.starts_with('/') || name.find("..") != std::string::npos;
  std::error_code ignored;
  if (!std::filesystem::is_directory(zones, ignored)) {
    return !leads_out;  // a system without tzdata cannot tell
  }
  return !leads_out &&
         std::filesystem::is_regular_file(std::filesystem::path{zones} / name, ignored);
}

/// Beside the program, wherever that was installed: PREFIX/bin/bornier and
/// PREFIX/share/bornier/models.
auto shipped_models() -> std::filesystem::path {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return program.parent_path().parent_path() / "share/bornier/models";
}

}  // namespace

auto model_folders(std::vector<std::filesystem::path> first) -> std::vector<std::filesystem::path> {
  first.emplace_back(own_models);
  first.push_back(shipped_models());
  return first;
}

auto find_model(const std::vector<std::filesystem::path>& folders, const std::string& id)
    -> ModelLookup {
  if (id.find('/') != std::string::npos) {
    return {};
  }
  for (const auto& folder : folders) {
    const auto path = folder / (id + ".toml");
    const auto text = read_file(path);
    if (!text) {
      continue;
    }
    auto loaded = model::load_model(*text, path.string());
    if (!loaded) {
      return {.model = nullptr, .diagnostics = loaded.error()};
    }
    return {.model = std::make_shared<const model::Model>(std::move(*loaded)), .diagnostics = {}};
  }
  return {};
}

auto list_models(const std::vector<std::filesystem::path>& folders) -> std::vector<std::string> {
  std::set<std::string> ids;
  for (const auto& folder : folders) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{folder, ignored}) {
      if (entry.path().extension() == ".toml") {
        ids.insert(entry.path().stem().string());
      }
    }
  }
  return {ids.begin(), ids.end()};
}

auto load_configuration(const std::filesystem::path& file)
    -> wire::Result<Configuration, std::vector<model::Diagnostic>> {
  const auto text = read_file(file);
  if (!text) {
    const std::string reason = std::strerror(errno);
    return std::vector<model::Diagnostic>{{.file = file.string(),
                                           .line = 1,
                                           .column = 1,
                                           .message = "the file cannot be read: " + reason}};
  }
  // Which folders hold models stands in the file itself: the first look-up happens after [gateway]
  // was read.
  const auto base = file.parent_path();
  std::vector<std::filesystem::path> folders;
  Surroundings surroundings;
  surroundings.is_timezone = is_timezone;
  surroundings.choose_folders = [&](const std::vector<std::filesystem::path>& first) {
    std::vector<std::filesystem::path> absolute;
    for (const auto& folder : first) {
      absolute.push_back(base / folder);
    }
    folders = model_folders(std::move(absolute));
    return list_models(folders);
  };
  // Meters of one model share it: with its tables and texts it is larger than all else about them.
  std::map<std::string, ModelLookup> models;
  surroundings.find_model = [&](const std::string& id) {
    const auto [found, is_new] = models.try_emplace(id);
    if (is_new) {
      found->second = find_model(folders, id);
    }
    return found->second;
  };
  surroundings.resolve_device = [](const std::string& device) {
    std::error_code failure;
    const auto resolved = std::filesystem::canonical(device, failure);
    return failure ? device : resolved.string();
  };
  auto parsed = parse_configuration(*text, file.string(), surroundings);
  if (parsed) {
    parsed->gateway.state_directory = base / parsed->gateway.state_directory;
    if (parsed->platform) {
      resolve_paths(*parsed->platform, base);
    }
    for (auto& broker : parsed->brokers) {
      resolve_paths(broker, base);
    }
    if (parsed->local) {
      resolve_paths(*parsed->local, base);
    }
  }
  return parsed;
}

}  // namespace bornier::app
