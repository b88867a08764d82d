// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "wire/pdu.hpp"
#include "wire/pdu_rules.hpp"

namespace bornier::wire {

namespace {

/// Added to the function of a request that is answered with an exception (MAP section 7).
constexpr std::uint8_t exception_flag = 0x80;
constexpr std::uint8_t more_follows = 0xFF;
constexpr std::uint8_t nothing_follows = 0x00;
/// Functions 15 and 16 are answered with function, first and quantity.
constexpr std::size_t written_range_size = 5;

/// What answers a write: its beginning, or for single registers and masks all of it.
auto echo_of(const Request& request) noexcept -> Result<Pdu, Fault> {
  auto pdu = encode_request(request);
  if (pdu && (std::holds_alternative<WriteCoils>(request) ||
              std::holds_alternative<WriteRegisters>(request))) {
    pdu->keep_front(written_range_size);
  }
  return pdu;
}

auto is_write_only(const Request& request) noexcept -> bool {
  return !std::holds_alternative<Read>(request) &&
         !std::holds_alternative<ReadWriteRegisters>(request) &&
         !std::holds_alternative<ReadDeviceIdentification>(request) &&
         !std::holds_alternative<Diagnose>(request);
}

/// How many bits the request reads; nothing where it does not read bits.
auto bits_asked(const Request& request) noexcept -> std::optional<std::size_t> {
  if (const auto* read = std::get_if<Read>(&request); read != nullptr && is_bits(read->table)) {
    return read->quantity;
  }
  return std::nullopt;
}

auto registers_asked(const Request& request) noexcept -> std::optional<std::size_t> {
  if (const auto* read = std::get_if<Read>(&request); read != nullptr && !is_bits(read->table)) {
    return read->quantity;
  }
  if (const auto* both = std::get_if<ReadWriteRegisters>(&request)) {
    return both->read_quantity;
  }
  return std::nullopt;
}

/// Objects that answer `request`: one asked for singly comes alone.
auto answers(const ReadDeviceIdentification& request, const DeviceIdentification& answer) noexcept
    -> bool {
  return request.code != DeviceIdentificationCode::individual ||
         (answer.objects.size() == 1 && answer.objects[0].id == request.object);
}

auto encode_bits(const Request& request, const Bits& bits) noexcept -> Result<Pdu, Fault> {
  const auto asked = bits_asked(request);
  if (!asked) {
    return Fault::other_function;
  }
  if (*asked != bits.values.size()) {
    return Fault::byte_count_mismatch;
  }
  return written_pdu([&](ByteWriter& out) -> std::optional<Fault> {
    out.u8(static_cast<std::uint8_t>(function_of(request)));
    write_bits(out, bits.values);
    return std::nullopt;
  });
}

auto encode_registers(const Request& request, const Registers& registers) noexcept
    -> Result<Pdu, Fault> {
  const auto asked = registers_asked(request);
  if (!asked) {
    return Fault::other_function;
  }
  if (*asked != registers.values.size()) {
    return Fault::byte_count_mismatch;
  }
  return written_pdu([&](ByteWriter& out) -> std::optional<Fault> {
    out.u8(static_cast<std::uint8_t>(function_of(request)));
    write_registers(out, registers.values);
    return std::nullopt;
  });
}

auto encode_identification(const Request& request, const DeviceIdentification& answer) noexcept
    -> Result<Pdu, Fault> {
  const auto* asked = std::get_if<ReadDeviceIdentification>(&request);
  if (asked == nullptr) {
    return Fault::other_function;
  }
  if (!answers(*asked, answer)) {
    return Fault::other_echo;
  }
  return written_pdu([&](ByteWriter& out) -> std::optional<Fault> {
    out.u8(static_cast<std::uint8_t>(Function::encapsulated_interface));
    out.u8(mei_read_device_identification);
    out.u8(static_cast<std::uint8_t>(asked->code));
    out.u8(answer.conformity_level);
    out.u8(answer.next_object ? more_follows : nothing_follows);
    out.u8(answer.next_object.value_or(0));
    out.u8(static_cast<std::uint8_t>(answer.objects.size()));
    out.append(answer.objects.bytes());
    return std::nullopt;
  });
}

auto encode_diagnosed(const Request& request, const Diagnosed& answer) noexcept
    -> Result<Pdu, Fault> {
  const auto* asked = std::get_if<Diagnose>(&request);
  if (asked == nullptr) {
    return Fault::other_function;
  }
  return encode_request(Diagnose{asked->sub_function, answer.data});
}

auto decode_diagnosed(const Diagnose& request, ByteReader in) noexcept -> Result<Response, Fault> {
  const auto sub_function = in.u16();
  const auto data = in.u16();
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  if (sub_function != request.sub_function ||
      (sub_function == Diagnose::return_query_data && data != request.data)) {
    return Fault::other_echo;
  }
  return Response{Diagnosed{data}};
}

/// The values that a byte count announces, to the end of the PDU.
auto decode_counted(ByteReader in, std::size_t expected) noexcept
    -> Result<std::span<const std::byte>, Fault> {
  const std::size_t byte_count = in.u8();
  const auto bytes = in.take(byte_count);
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  if (byte_count != expected) {
    return Fault::byte_count_mismatch;
  }
  return bytes;
}

auto decode_written(const Request& request, std::span<const std::byte> pdu) noexcept
    -> Result<Response, Fault> {
  const auto echo = echo_of(request);
  if (!echo) {
    return echo.error();
  }
  const auto expected = echo->bytes();
  if (pdu.size() < expected.size()) {
    return Fault::truncated;
  }
  if (pdu.size() > expected.size()) {
    return Fault::trailing_bytes;
  }
  if (!std::equal(pdu.begin(), pdu.end(), expected.begin())) {
    return Fault::other_echo;
  }
  return Response{Written{}};
}

auto decode_identification(const ReadDeviceIdentification& request, ByteReader in) noexcept
    -> Result<Response, Fault> {
  const auto mei = in.u8();
  const auto code = in.u8();
  const auto conformity_level = in.u8();
  const auto follows = in.u8();
  const auto next_object = in.u8();
  const std::size_t count = in.u8();
  if (in.overran()) {
    return Fault::truncated;
  }
  if (mei != mei_read_device_identification) {
    return Fault::other_function;
  }
  if (code != static_cast<std::uint8_t>(request.code)) {
    return Fault::other_echo;
  }
  if (follows != more_follows && follows != nothing_follows) {
    return Fault::bad_value;
  }
  const auto objects = DeviceObjects::parse(in.rest());
  if (!objects) {
    return Fault::truncated;
  }
  if (objects->size() != count) {
    return Fault::byte_count_mismatch;
  }
  DeviceIdentification answer;
  answer.conformity_level = conformity_level;
  answer.objects = *objects;
  if (follows == more_follows) {
    answer.next_object = next_object;
  }
  if (!answers(request, answer)) {
    return Fault::other_echo;
  }
  return Response{answer};
}

}  // namespace

auto to_text(ExceptionCode code) noexcept -> std::string_view {
  switch (code) {
    case ExceptionCode::illegal_function: return "illegal function";
    case ExceptionCode::illegal_data_address: return "illegal data address";
    case ExceptionCode::illegal_data_value: return "illegal data value";
    case ExceptionCode::server_device_failure: return "server device failure";
    case ExceptionCode::acknowledge: return "acknowledge";
    case ExceptionCode::server_device_busy: return "server device busy";
    case ExceptionCode::memory_parity_error: return "memory parity error";
    case ExceptionCode::gateway_path_unavailable: return "gateway path unavailable";
    case ExceptionCode::gateway_target_failed_to_respond:
      return "gateway target device failed to respond";
  }
  return "unknown exception";
}

auto encode_response(const Request& request, const Response& response) noexcept
    -> Result<Pdu, Fault> {
  if (const auto* bits = std::get_if<Bits>(&response)) {
    return encode_bits(request, *bits);
  }
  if (const auto* registers = std::get_if<Registers>(&response)) {
    return encode_registers(request, *registers);
  }
  if (const auto* identification = std::get_if<DeviceIdentification>(&response)) {
    return encode_identification(request, *identification);
  }
  if (const auto* diagnosed = std::get_if<Diagnosed>(&response)) {
    return encode_diagnosed(request, *diagnosed);
  }
  if (const auto* exception = std::get_if<Exception>(&response)) {
    const std::array function{static_cast<std::byte>(function_of(request))};
    return encode_exception(function, exception->code);
  }
  if (!is_write_only(request)) {
    return Fault::other_function;
  }
  return echo_of(request);
}

auto decode_response(const Request& request, std::span<const std::byte> pdu) noexcept
    -> Result<Response, Fault> {
  if (pdu.size() > max_pdu_size) {
    return Fault::bad_length;
  }
  ByteReader in{pdu};
  const auto function = in.u8();
  if (in.overran()) {
    return Fault::truncated;
  }
  const auto asked = static_cast<std::uint8_t>(function_of(request));
  if (function == (asked | exception_flag)) {
    const auto code = in.u8();
    if (const auto fault = ending_fault(in)) {
      return *fault;
    }
    return Response{Exception{static_cast<ExceptionCode>(code)}};
  }
  if (function != asked) {
    return Fault::other_function;
  }
  if (const auto quantity = bits_asked(request)) {
    const auto packed = decode_counted(in, packed_size(*quantity));
    if (!packed) {
      return packed.error();
    }
    return Response{Bits{BitsView{*packed, *quantity}}};
  }
  if (const auto quantity = registers_asked(request)) {
    const auto values = decode_counted(in, 2 * *quantity);
    if (!values) {
      return values.error();
    }
    return Response{Registers{RegistersView{*values}}};
  }
  if (const auto* identification = std::get_if<ReadDeviceIdentification>(&request)) {
    return decode_identification(*identification, in);
  }
  if (const auto* diagnose = std::get_if<Diagnose>(&request)) {
    return decode_diagnosed(*diagnose, in);
  }
  return decode_written(request, pdu);
}

auto encode_exception(std::span<const std::byte> request_pdu, ExceptionCode code) noexcept
    -> Result<Pdu, Fault> {
  if (request_pdu.empty()) {
    return Fault::bad_length;
  }
  return written_pdu([&](ByteWriter& out) -> std::optional<Fault> {
    out.u8(std::to_integer<std::uint8_t>(request_pdu[0] | std::byte{exception_flag}));
    out.u8(static_cast<std::uint8_t>(code));
    return std::nullopt;
  });
}

auto exception_for(Fault fault) noexcept -> ExceptionCode {
  switch (fault) {
    case Fault::unknown_function:
    case Fault::other_function: return ExceptionCode::illegal_function;
    case Fault::address_overflow: return ExceptionCode::illegal_data_address;
    case Fault::truncated:
    case Fault::trailing_bytes:
    case Fault::quantity_out_of_range:
    case Fault::byte_count_mismatch:
    case Fault::bad_value:
    case Fault::other_echo:
    case Fault::bad_crc:
    case Fault::bad_protocol_id:
    case Fault::bad_length: return ExceptionCode::illegal_data_value;
  }
  return ExceptionCode::illegal_data_value;
}

}  // namespace bornier::wire
