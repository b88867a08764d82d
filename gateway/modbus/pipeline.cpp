// SPDX-License-Identifier: Apache-2.0
#include "modbus/pipeline.hpp"

#include <algorithm>

namespace bornier::modbus {

Pipeline::Pipeline(wire::UnitId unit, std::span<const wire::Pdu> requests,
                   wire::TransactionId first, reading::Instant::duration timeout)
    : came_(requests.size()), unanswered_{requests.size()}, timeout_{timeout} {
  exchanges_.reserve(requests.size());
  for (const auto& request : requests) {
    const wire::TransactionId transaction{
        static_cast<std::uint16_t>(first.value() + exchanges_.size())};
    auto& exchange = exchanges_.emplace_back(Framing::tcp, unit, request, timeout, transaction);
    // It judges answers; when to give up is decided here, for all of them.
    const auto sent = std::get<Send>(exchange.step({}));
    outbox_.insert(outbox_.end(), sent.bytes.begin(), sent.bytes.end());
  }
}

auto Pipeline::step(reading::Instant now) -> Step {
  if (phase_ == Phase::sending) {
    phase_ = Phase::sent;
    return Send{outbox_};
  }
  if (phase_ == Phase::sent) {
    phase_ = Phase::waiting;
    deadline_ = now + timeout_;
  }
  if (broken_ || unanswered_ == 0 || now >= deadline_) {
    return Ended{};
  }
  return AwaitBytes{deadline_};
}

void Pipeline::receive(std::span<const std::byte> bytes, reading::Instant now) {
  while (!bytes.empty() && !broken_) {
    // An incomplete frame is all that digest() leaves, so there is room for the rest of it.
    const auto part = bytes.first(std::min(bytes.size(), inbox_.room()));
    static_cast<void>(inbox_.append(part));
    bytes = bytes.subspan(part.size());
    digest(now);
  }
}

void Pipeline::digest(reading::Instant now) {
  while (!inbox_.empty()) {
    const auto received = inbox_.bytes();
    const auto length = wire::tcp_length(received);
    if (!length) {
      broken_ = true;
      return;
    }
    if (received.size() < *length) {
      return;
    }
    take(received.first(*length), now);
    inbox_.drop_front(*length);
  }
}

void Pipeline::take(std::span<const std::byte> frame, reading::Instant now) {
  const auto whole = wire::decode_tcp(frame);
  for (std::size_t index = 0; whole && index < exchanges_.size(); ++index) {
    auto& exchange = exchanges_[index];
    if (came_[index] || exchange.transaction() != whole->transaction) {
      continue;
    }
    exchange.receive(frame);
    const auto step = exchange.step({});
    if (const auto* finished = std::get_if<Finished>(&step)) {
      came_[index] = Came{finished->result, now};
      --unanswered_;
      deadline_ = now + timeout_;
    }
    return;
  }
  ++foreign_;
}

auto Pipeline::discarded() const noexcept -> Discarded {
  Discarded sum{.foreign = foreign_};
  for (const auto& exchange : exchanges_) {
    sum.foreign += exchange.discarded().foreign;
    sum.unfitting += exchange.discarded().unfitting;
  }
  return sum;
}

}  // namespace bornier::modbus
