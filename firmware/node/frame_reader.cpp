// SPDX-License-Identifier: Apache-2.0
#include "node/frame_reader.hpp"

#include <algorithm>

namespace bornier::node {

auto FrameReader::set_baud(std::uint32_t baud) noexcept -> void {
  silence_ = silence(baud);
  character_ = character_time(baud);
  clear();
}

auto FrameReader::clear() noexcept -> void {
  size_ = 0;
  used_ = 0;
  pause_ = 0;
  skipping_ = false;
}

auto FrameReader::skip() noexcept -> void {
  clear();
  skipping_ = true;
  ++damaged_;
}

auto FrameReader::drop(std::size_t count) noexcept -> void {
  const auto kept = from(count);
  std::copy(kept.begin(), kept.end(), bytes_.begin());
  size_ -= count;
  pause_ = pause_ > count ? pause_ - count : 0;
}

auto FrameReader::receive(std::byte value, bool damaged, Instant at) noexcept -> void {
  drop(used_);
  used_ = 0;
  const auto since = elapsed(last_, at);
  last_ = at;
  if (since >= patience) {
    clear();
  } else if (since >= silence_ + character_) {
    skipping_ = false;
    pause_ = size_;
  }
  if (skipping_) {
    return;
  }
  if (damaged || size_ == bytes_.size()) {
    skip();
    return;
  }
  bytes_[size_] = value;
  ++size_;
}

auto FrameReader::look(std::size_t start) const noexcept -> Look {
  const auto received = from(start);
  const auto request = wire::rtu_request_length(received);
  if (request && *request > received.size()) {
    return {Kind::pending, 0};
  }
  if (request && wire::decode_rtu(received.first(*request))) {
    return {Kind::request, *request};
  }
  const auto answer = wire::rtu_response_length(received);
  if (answer && *answer > received.size()) {
    return {Kind::pending, 0};
  }
  if (answer && wire::decode_rtu(received.first(*answer))) {
    return {Kind::answer, *answer};
  }
  return {Kind::none, 0};
}

auto FrameReader::take(std::size_t start, std::size_t size) noexcept
    -> std::optional<wire::RtuFrame> {
  drop(start);
  used_ = size;
  const auto frame = wire::decode_rtu(from(0).first(size));
  return frame ? std::optional{*frame} : std::nullopt;
}

auto FrameReader::next(Instant now) noexcept -> std::optional<wire::RtuFrame> {
  drop(used_);
  used_ = 0;
  while (size_ > 0) {
    const auto first = look(0);
    if (first.kind == Kind::request || first.kind == Kind::answer) {
      return take(0, first.size);
    }
    if (pause_ > 0) {
      const auto second = look(pause_);
      if (second.kind == Kind::request || second.kind == Kind::answer) {
        return take(pause_, second.size);
      }
      if (first.kind == Kind::none) {
        ++damaged_;
        drop(pause_);
        continue;
      }
    }
    return silent(now) ? after_silence(now) : std::nullopt;
  }
  return std::nullopt;
}

/// A frame of a function that nobody here knows, or of no function's length.
auto FrameReader::after_silence(Instant now) noexcept -> std::optional<wire::RtuFrame> {
  for (const auto start : {std::size_t{0}, pause_}) {
    if (wire::decode_rtu(from(start))) {
      return take(start, size_ - start);
    }
  }
  if (look(0).kind == Kind::none || elapsed(last_, now) >= patience) {
    ++damaged_;
    clear();
  }
  return std::nullopt;
}

}  // namespace bornier::node
