// SPDX-License-Identifier: Apache-2.0
#include "modbus/explain.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "wire/pdu.hpp"
#include "wire/rtu_frame.hpp"
#include "wire/tcp_frame.hpp"

namespace bornier::modbus {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t checksum_size = 2;

auto hexadecimal(Bytes bytes) -> std::string {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const auto byte : bytes) {
    text += text.empty() ? "" : " ";
    text += digits[std::to_integer<unsigned>(byte) >> 4U];
    text += digits[std::to_integer<unsigned>(byte) & 0xFU];
  }
  return text;
}

auto function_name(std::uint8_t code) -> std::string_view {
  switch (static_cast<wire::Function>(code)) {
    case wire::Function::read_coils: return "read coils";
    case wire::Function::read_discrete_inputs: return "read discrete inputs";
    case wire::Function::read_holding_registers: return "read holding registers";
    case wire::Function::read_input_registers: return "read input registers";
    case wire::Function::write_single_coil: return "write single coil";
    case wire::Function::write_single_register: return "write single register";
    case wire::Function::diagnostics: return "diagnostics";
    case wire::Function::write_multiple_coils: return "write multiple coils";
    case wire::Function::write_multiple_registers: return "write multiple registers";
    case wire::Function::mask_write_register: return "mask write register";
    case wire::Function::read_write_multiple_registers: return "read/write multiple registers";
    case wire::Function::encapsulated_interface: return "read device identification";
  }
  return "a function that is not known here";
}

/// Takes a frame apart from its front.
class Dissection {
 public:
  explicit Dissection(Bytes frame) : rest_{frame} {}

  [[nodiscard]] auto left() const -> std::size_t { return rest_.size(); }
  [[nodiscard]] auto number(std::size_t size) const -> unsigned {
    unsigned value = 0;
    for (const auto byte : rest_.first(std::min(size, rest_.size()))) {
      value = value << 8U | std::to_integer<unsigned>(byte);
    }
    return value;
  }
  void take(std::size_t size, std::string meaning) {
    const auto taken = rest_.first(std::min(size, rest_.size()));
    if (!taken.empty()) {
      fields_.push_back({hexadecimal(taken), std::move(meaning)});
    }
    rest_ = rest_.subspan(taken.size());
  }
  auto fields() -> std::vector<ExplainedField> { return std::move(fields_); }

 private:
  Bytes rest_;
  std::vector<ExplainedField> fields_;
};

/// The frame's PDU has been reached; nothing if the frame is none.
auto take_head(Framing framing, Bytes frame, Dissection& parts) -> std::optional<Bytes> {
  if (framing == Framing::tcp) {
    parts.take(2, "transaction " + std::to_string(parts.number(2)));
    parts.take(2, "protocol identifier" + std::string{parts.number(2) == 0 ? "" : ", should be 0"});
    parts.take(2, std::to_string(parts.number(2)) + " bytes follow");
    parts.take(1, "unit " + std::to_string(parts.number(1)));
    if (const auto whole = wire::decode_tcp(frame); !whole) {
      parts.take(parts.left(), std::string{to_text(whole.error())});
      return std::nullopt;
    }
    return frame.subspan(frame.size() - parts.left());
  }
  const auto whole = wire::decode_rtu(frame);
  if (!whole) {
    parts.take(1, "unit " + std::to_string(parts.number(1)) + ", if this is a frame");
    parts.take(parts.left(), std::string{to_text(whole.error())});
    return std::nullopt;
  }
  parts.take(1, "unit " + std::to_string(parts.number(1)));
  return frame.subspan(1, frame.size() - 1 - checksum_size);
}

void take_tail(Framing framing, Dissection& parts) {
  if (framing == Framing::rtu) {
    parts.take(checksum_size, "checksum, right");
  }
}

void take_values(const wire::Read& read, Dissection& parts) {
  parts.take(1, std::to_string(parts.number(1)) + " bytes of values");
  if (wire::is_bits(read.table)) {
    parts.take((read.quantity + 7U) / 8U, std::to_string(read.quantity) + " bits from address " +
                                              std::to_string(read.first.value()) +
                                              ", the lowest bit of the first byte first");
    return;
  }
  for (unsigned index = 0; index < read.quantity; ++index) {
    parts.take(2, "address " + std::to_string(read.first.value() + index) + ": " +
                      std::to_string(parts.number(2)));
  }
}

}  // namespace

auto explain_request(Framing framing, std::span<const std::byte> frame)
    -> std::vector<ExplainedField> {
  Dissection parts{frame};
  const auto pdu = take_head(framing, frame, parts);
  if (!pdu) {
    return parts.fields();
  }
  const auto tail = framing == Framing::rtu ? checksum_size : 0;
  const auto function = static_cast<std::uint8_t>(parts.number(1));
  parts.take(1,
             "function " + std::to_string(function) + ", " + std::string{function_name(function)});
  const auto request = wire::decode_request(*pdu);
  if (!request) {
    parts.take(parts.left() - tail, std::string{to_text(request.error())});
  } else if (std::holds_alternative<wire::Read>(*request)) {
    parts.take(2, "from address " + std::to_string(parts.number(2)));
    parts.take(2, std::to_string(parts.number(2)) + " of them");
  } else if (std::holds_alternative<wire::WriteSingleRegister>(*request) ||
             std::holds_alternative<wire::WriteSingleCoil>(*request)) {
    parts.take(2, "address " + std::to_string(parts.number(2)));
    parts.take(2, "value " + std::to_string(parts.number(2)));
  } else {
    parts.take(parts.left() - tail, "its data");
  }
  take_tail(framing, parts);
  return parts.fields();
}

auto explain_answer(Framing framing, std::span<const std::byte> request,
                    std::span<const std::byte> frame) -> std::vector<ExplainedField> {
  Dissection parts{frame};
  const auto pdu = take_head(framing, frame, parts);
  if (!pdu) {
    return parts.fields();
  }
  Dissection ignored{request};
  const auto asked_pdu = take_head(framing, request, ignored);
  const auto asked = asked_pdu ? wire::decode_request(*asked_pdu)
                               : wire::Result<wire::Request, wire::Fault>{wire::Fault::truncated};
  const auto tail = framing == Framing::rtu ? checksum_size : 0;
  constexpr std::uint8_t exception = 0x80;
  const auto function = static_cast<std::uint8_t>(parts.number(1));
  if ((function & exception) != 0) {
    parts.take(1, "function " + std::to_string(function & ~exception) + " is refused");
    const auto code = static_cast<wire::ExceptionCode>(parts.number(1));
    parts.take(1, "exception " + std::to_string(parts.number(1)) + ", " +
                      std::string{wire::to_text(code)});
    parts.take(parts.left() - tail, "more than an exception has");
    take_tail(framing, parts);
    return parts.fields();
  }
  parts.take(1,
             "function " + std::to_string(function) + ", " + std::string{function_name(function)});
  if (!asked) {
    parts.take(parts.left() - tail, "an answer to nothing that was asked");
  } else if (const auto answer = wire::decode_response(*asked, *pdu); !answer) {
    parts.take(parts.left() - tail, std::string{to_text(answer.error())});
  } else if (const auto* read = std::get_if<wire::Read>(&*asked)) {
    take_values(*read, parts);
  } else {
    parts.take(parts.left() - tail, "its data");
  }
  take_tail(framing, parts);
  return parts.fields();
}

}  // namespace bornier::modbus
