// SPDX-License-Identifier: Apache-2.0
#include "modbus/exchange.hpp"

#include <algorithm>
#include <utility>

namespace bornier::modbus {

namespace {

constexpr wire::UnitId broadcast{0};
constexpr std::byte exception_flag{0x80};

/// What stands at the front of the bytes of a line.
struct Front {
  enum Kind : std::uint8_t {
    incomplete,
    whole,    ///< a frame whose checksum holds
    damaged,  ///< a frame by its length, but not by its checksum
    noise,    ///< nothing that a frame could begin with
  };
  Kind kind = incomplete;
  std::size_t size = 0;  ///< of a whole frame
};

auto front_of(std::span<const std::byte> received) noexcept -> Front {
  const auto length = wire::rtu_response_length(received);
  if (!length) {
    return {Front::noise};
  }
  if (received.size() < *length) {
    return {Front::incomplete};
  }
  if (!wire::decode_rtu(received.first(*length))) {
    return {Front::damaged};
  }
  return {Front::whole, *length};
}

auto framed(Framing framing, wire::UnitId unit, const wire::Pdu& request,
            wire::TransactionId transaction) noexcept -> wire::TcpAdu {
  wire::TcpAdu adu;
  if (framing == Framing::tcp) {
    if (const auto tcp = wire::encode_tcp(transaction, unit, request.bytes())) {
      adu = *tcp;
    }
  } else if (const auto rtu = wire::encode_rtu(unit, request.bytes())) {
    static_cast<void>(adu.append(rtu->bytes()));
  }
  return adu;
}

/// `received` may go on as `expected`, or does.
auto begins_like(std::span<const std::byte> received, std::span<const std::byte> expected) noexcept
    -> bool {
  const auto common = std::min(received.size(), expected.size());
  return common != 0 &&
         std::equal(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(common),
                    expected.begin());
}

}  // namespace

auto Answer::registers() const noexcept -> wire::RegistersView {
  wire::ByteReader in{pdu()};
  switch (static_cast<wire::Function>(in.u8())) {
    case wire::Function::read_holding_registers:
    case wire::Function::read_input_registers:
    case wire::Function::read_write_multiple_registers:
      return wire::RegistersView{in.take(in.u8())};
    default: return {};
  }
}

auto Answer::registers(std::span<std::uint16_t> out) const noexcept -> std::size_t {
  const auto values = registers();
  const auto count = std::min(values.size(), out.size());
  for (std::size_t index = 0; index < count; ++index) {
    out[index] = values[index];
  }
  return count;
}

auto Answer::bits(std::size_t quantity) const noexcept -> wire::BitsView {
  wire::ByteReader in{pdu()};
  switch (static_cast<wire::Function>(in.u8())) {
    case wire::Function::read_coils:
    case wire::Function::read_discrete_inputs: return wire::BitsView{in.take(in.u8()), quantity};
    default: return {};
  }
}

Exchange::Exchange(Framing framing, wire::UnitId unit, const wire::Pdu& request,
                   reading::Instant::duration timeout, wire::TransactionId transaction) noexcept
    : framing_{framing},
      unit_{unit},
      transaction_{transaction},
      outbox_{framed(framing, unit, request, transaction)},
      timeout_{timeout} {}

auto Exchange::step(reading::Instant now) noexcept -> Step {
  if (phase_ == Phase::sending) {
    phase_ = Phase::sent;
    return Send{outbox_.bytes()};
  }
  if (phase_ == Phase::sent) {
    phase_ = Phase::waiting;
    deadline_ = now + timeout_;
  }
  if (phase_ == Phase::waiting && now >= deadline_) {
    if (is_broadcast()) {
      finish(Answer{});
    } else {
      finish(verdict());
    }
  }
  if (phase_ == Phase::waiting) {
    return AwaitBytes{deadline_};
  }
  return Finished{outcome_};
}

auto Exchange::receive(std::span<const std::byte> bytes) noexcept -> void {
  if (is_broadcast()) {
    return;
  }
  while (!bytes.empty() && (phase_ == Phase::sent || phase_ == Phase::waiting)) {
    // An incomplete frame is all that digest() leaves, so there is room for the rest of it.
    const auto part = bytes.first(std::min(bytes.size(), inbox_.room()));
    static_cast<void>(inbox_.append(part));
    bytes = bytes.subspan(part.size());
    digest();
  }
}

auto Exchange::digest() noexcept -> void {
  while (phase_ != Phase::finished && !inbox_.empty()) {
    const auto used = framing_ == Framing::rtu ? digest_rtu() : digest_tcp();
    if (used == 0) {
      return;
    }
    inbox_.drop_front(used);
  }
}

auto Exchange::digest_rtu() noexcept -> std::size_t {
  const auto received = inbox_.bytes();
  const auto front = front_of(received);
  if (front.kind == Front::whole) {
    const auto frame = wire::decode_rtu(received.first(front.size));
    if (frame->unit == unit_) {
      judge(frame->pdu);
    } else {
      ++discarded_.foreign;
    }
    return front.size;
  }
  // Adapters that hear themselves: a read request is not a whole answer, but it can look like the
  // beginning of one.
  if (begins_like(received, outbox_.bytes())) {
    return received.size() < outbox_.size() ? 0 : outbox_.size();
  }
  if (front.kind == Front::incomplete) {
    const auto skipped = is_ours(received) ? 0 : stray_before_answer(received);
    discarded_.stray += static_cast<std::uint32_t>(skipped);
    return skipped;
  }
  if (front.kind == Front::damaged && is_ours(received)) {
    ++discarded_.damaged;
  }
  ++discarded_.stray;
  return 1;
}

auto Exchange::digest_tcp() noexcept -> std::size_t {
  const auto received = inbox_.bytes();
  const auto length = wire::tcp_length(received);
  if (!length) {
    finish(Fault::broken_stream);
    return 0;
  }
  if (received.size() < *length) {
    return 0;
  }
  const auto frame = wire::decode_tcp(received.first(*length));
  if (frame && frame->transaction == transaction_ && frame->unit == unit_) {
    judge(frame->pdu);
  } else {
    ++discarded_.foreign;
  }
  return *length;
}

auto Exchange::judge(std::span<const std::byte> pdu) noexcept -> void {
  const auto asked = wire::decode_request(request());
  if (!asked) {
    return;
  }
  const auto response = wire::decode_response(*asked, pdu);
  if (!response) {
    ++discarded_.unfitting;
    return;
  }
  if (const auto* exception = std::get_if<wire::Exception>(&*response)) {
    finish(fault_of(exception->code));
    return;
  }
  finish(Answer{pdu});
}

auto Exchange::request() const noexcept -> std::span<const std::byte> {
  constexpr std::size_t tcp_header = 7;
  constexpr std::size_t unit_size = 1;
  constexpr std::size_t crc_size = 2;
  const auto frame = outbox_.bytes();
  const auto before = framing_ == Framing::tcp ? tcp_header : unit_size;
  const auto after = framing_ == Framing::tcp ? 0 : crc_size;
  return frame.empty() ? frame : frame.subspan(before, frame.size() - before - after);
}

auto Exchange::is_broadcast() const noexcept -> bool {
  return framing_ == Framing::rtu && unit_ == broadcast;
}

auto Exchange::is_ours(std::span<const std::byte> received) const noexcept -> bool {
  return received.size() >= 2 && !request().empty() && received[0] == std::byte{unit_.value()} &&
         (received[1] & ~exception_flag) == request().front();
}

auto Exchange::stray_before_answer(std::span<const std::byte> received) const noexcept
    -> std::size_t {
  for (std::size_t at = 1; at < received.size(); ++at) {
    const auto rest = received.subspan(at);
    if (is_ours(rest) && front_of(rest).kind == Front::whole) {
      return at;
    }
  }
  return 0;
}

auto Exchange::finish(wire::Result<Answer, Fault> outcome) noexcept -> void {
  outcome_ = std::move(outcome);
  phase_ = Phase::finished;
}

auto Exchange::verdict() const noexcept -> Fault {
  if (discarded_.damaged > 0) {
    return Fault::bad_crc;
  }
  if (framing_ == Framing::tcp ? !inbox_.empty() : is_ours(inbox_.bytes())) {
    return Fault::truncated;
  }
  return discarded_.unfitting > 0 ? Fault::unfitting_answer : Fault::timeout;
}

}  // namespace bornier::modbus
