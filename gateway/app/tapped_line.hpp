// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "io/line.hpp"

namespace bornier::app {

/// A line that shows what goes over it, for people who look for a fault.
class TappedLine final : public io::Line {
 public:
  /// What was written, or what arrived, however divided.
  using Tap = std::function<void(std::span<const std::byte>)>;

  TappedLine(std::unique_ptr<io::Line> line, Tap written, Tap arrived)
      : line_{std::move(line)}, written_{std::move(written)}, arrived_{std::move(arrived)} {}

  auto connect(reading::Instant until) -> io::asio::awaitable<wire::Result<void>> override {
    return line_->connect(until);
  }
  auto write(std::span<const std::byte> bytes) -> io::asio::awaitable<wire::Result<void>> override {
    written_(bytes);
    return line_->write(bytes);
  }
  auto read_some(reading::Instant until)
      -> io::asio::awaitable<wire::Result<std::span<const std::byte>>> override {
    auto result = co_await line_->read_some(until);
    if (result && !result->empty()) {
      arrived_(*result);
    }
    co_return result;
  }
  void drain() override { line_->drain(); }
  void close() override { line_->close(); }
  [[nodiscard]] auto is_open() const -> bool override { return line_->is_open(); }
  [[nodiscard]] auto name() const -> std::string override { return line_->name(); }
  [[nodiscard]] auto remark() const -> std::string override { return line_->remark(); }

 private:
  std::unique_ptr<io::Line> line_;
  Tap written_;
  Tap arrived_;
};

}  // namespace bornier::app
