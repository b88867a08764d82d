// SPDX-License-Identifier: Apache-2.0
// Modbus requests and answers without their frame, for the client and for the server.
// MODBUS Application Protocol V1.1b3 (MAP below); all numbers big-endian (section 4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "wire/bytes.hpp"
#include "wire/device_objects.hpp"
#include "wire/fault.hpp"
#include "wire/registers.hpp"
#include "wire/result.hpp"
#include "wire/views.hpp"

namespace bornier::wire {

/// MAP section 4.1: an RS-485 frame has 256 bytes, less unit and checksum.
inline constexpr std::size_t max_pdu_size = 253;
using Pdu = ByteBuffer<max_pdu_size>;

/// Most that one request may move (MAP section 6, at each function). The least is always 1.
inline constexpr std::uint16_t max_read_bits = 2000;
inline constexpr std::uint16_t max_read_registers = 125;
inline constexpr std::uint16_t max_write_bits = 1968;
inline constexpr std::uint16_t max_write_registers = 123;
inline constexpr std::uint16_t max_read_write_written_registers = 121;

/// MAP section 5.1.
enum class Function : std::uint8_t {
  read_coils = 0x01,
  read_discrete_inputs = 0x02,
  read_holding_registers = 0x03,
  read_input_registers = 0x04,
  write_single_coil = 0x05,
  write_single_register = 0x06,
  diagnostics = 0x08,
  write_multiple_coils = 0x0F,
  write_multiple_registers = 0x10,
  mask_write_register = 0x16,
  read_write_multiple_registers = 0x17,
  encapsulated_interface = 0x2B,
};

/// MAP section 7. Codes that are not named here are kept as they came.
enum class ExceptionCode : std::uint8_t {
  illegal_function = 0x01,
  illegal_data_address = 0x02,
  illegal_data_value = 0x03,
  server_device_failure = 0x04,
  acknowledge = 0x05,
  server_device_busy = 0x06,
  memory_parity_error = 0x08,
  gateway_path_unavailable = 0x0A,
  gateway_target_failed_to_respond = 0x0B,
};
[[nodiscard]] auto to_text(ExceptionCode code) noexcept -> std::string_view;

// Requests. Views in a decoded request look into the bytes given to decode_request().

/// Functions 1 to 4, by table (sections 6.1 to 6.4): function, first, quantity.
struct Read {
  Table table{};
  RegisterAddress first;
  std::uint16_t quantity = 1;  ///< 1..2000 coils or inputs, 1..125 registers
};
/// Function 5 (6.5): function, address, FF00 for on or 0000 for off.
struct WriteSingleCoil {
  RegisterAddress address;
  bool on = false;
};
/// Function 6 (6.6): function, address, value.
struct WriteSingleRegister {
  RegisterAddress address;
  std::uint16_t value = 0;
};
/// Function 8 (6.8): function, sub-function, data; serial lines only. Any sub-function is written
/// and read; a server answers those that it does not have with illegal_function. Of sub-function 0,
/// which may repeat any length, only the two bytes that every other has.
struct Diagnose {
  std::uint16_t sub_function = 0;
  std::uint16_t data = 0;

  static constexpr std::uint16_t return_query_data = 0;
  static constexpr std::uint16_t restart_communications = 1;
  static constexpr std::uint16_t diagnostic_register = 2;
  static constexpr std::uint16_t force_listen_only = 4;
  static constexpr std::uint16_t clear_counters = 10;
  static constexpr std::uint16_t bus_messages = 11;
  static constexpr std::uint16_t bus_communication_errors = 12;
  static constexpr std::uint16_t exceptions_returned = 13;
  static constexpr std::uint16_t server_messages = 14;
  static constexpr std::uint16_t server_no_responses = 15;
  static constexpr std::uint16_t server_naks = 16;
  static constexpr std::uint16_t server_busy = 17;
  static constexpr std::uint16_t bus_character_overruns = 18;
  static constexpr std::uint16_t clear_overruns = 20;
};
/// Function 15 (6.11): function, first, quantity, byte count, packed bits.
struct WriteCoils {
  RegisterAddress first;
  BitsView values;  ///< 1..1968
};
/// Function 16 (6.12): function, first, quantity, byte count, values.
struct WriteRegisters {
  RegisterAddress first;
  RegistersView values;  ///< 1..123
};
/// Function 22 (6.16): function, address, AND mask, OR mask. The register becomes
/// (register AND and_mask) OR (or_mask AND NOT and_mask).
struct MaskWriteRegister {
  RegisterAddress address;
  std::uint16_t and_mask = 0xFFFF;
  std::uint16_t or_mask = 0;
};
/// Function 23 (6.17): function, read first, read quantity, write first, write quantity, byte
/// count, values. The server writes before it reads.
struct ReadWriteRegisters {
  RegisterAddress read_first;
  std::uint16_t read_quantity = 1;  ///< 1..125
  RegisterAddress write_first;
  RegistersView values;  ///< 1..121
};
/// Function 43 / 14 (6.21): function, MEI type 0E, code, object.
struct ReadDeviceIdentification {
  DeviceIdentificationCode code = DeviceIdentificationCode::basic;
  std::uint8_t object = 0;  ///< where the stream starts, or the one object wanted

  friend auto operator==(const ReadDeviceIdentification&, const ReadDeviceIdentification&) noexcept
      -> bool = default;
};

using Request =
    std::variant<Read, WriteSingleCoil, WriteSingleRegister, WriteCoils, WriteRegisters,
                 MaskWriteRegister, ReadWriteRegisters, ReadDeviceIdentification, Diagnose>;

// Answers. What a server repeats from the request is not in them: the codec takes it from the
// request, and checks it there. Views in a decoded answer look into the bytes given to
// decode_response().

/// To a Read of coils or discrete inputs: function, byte count, packed bits.
struct Bits {
  BitsView values;
};
/// To a Read of registers and to ReadWriteRegisters: function, byte count, values.
struct Registers {
  RegistersView values;
};
/// To functions 5, 6 and 22, which are repeated whole, and to 15 and 16, of which function, first
/// and quantity are repeated.
struct Written {};
/// To Diagnose: function, sub-function, data. Sub-functions that count give the count, the others
/// repeat what was sent; only for return_query_data is that checked.
struct Diagnosed {
  std::uint16_t data = 0;
};
/// To ReadDeviceIdentification: function, MEI type 0E, code, conformity level, more follows (00 or
/// FF), next object, number of objects, then the objects. See device_objects.hpp.
struct DeviceIdentification {
  std::uint8_t conformity_level =
      0x81;  ///< 01..03, or 81..83 where objects can be asked for singly
  std::optional<std::uint8_t> next_object;  ///< set where more follows: ask again from here
  DeviceObjects objects;
};
/// To any request: function + 80, code.
struct Exception {
  ExceptionCode code{};
};

using Response = std::variant<Bits, Registers, Written, DeviceIdentification, Exception, Diagnosed>;

[[nodiscard]] auto function_of(const Request& request) noexcept -> Function;

/// Refuses what the specification does not allow: quantity_out_of_range, address_overflow,
/// bad_value.
[[nodiscard]] auto encode_request(const Request& request) noexcept -> Result<Pdu, Fault>;

/// `pdu` is one whole request. Holds the same limits as encode_request(); a server answers a fault
/// with exception_for() of it.
[[nodiscard]] auto decode_request(std::span<const std::byte> pdu) noexcept
    -> Result<Request, Fault>;

/// Refuses an answer of another kind (other_function) or with another number of values
/// (byte_count_mismatch) than `request` asks for, and objects that do not fit (bad_length).
[[nodiscard]] auto encode_response(const Request& request, const Response& response) noexcept
    -> Result<Pdu, Fault>;

/// `pdu` is one whole answer to `request`: it has to repeat what the specification says it
/// repeats, and to hold as many values as were asked for. An exception is an answer like others.
[[nodiscard]] auto decode_response(const Request& request, std::span<const std::byte> pdu) noexcept
    -> Result<Response, Fault>;

/// The exception answer to a request that could not be decoded: `request_pdu` begins with its
/// function. Nothing to answer (bad_length) where even that is missing.
[[nodiscard]] auto encode_exception(std::span<const std::byte> request_pdu,
                                    ExceptionCode code) noexcept -> Result<Pdu, Fault>;

/// What a server answers to a request that decode_request() refuses (the diagrams of section 6).
[[nodiscard]] auto exception_for(Fault fault) noexcept -> ExceptionCode;

}  // namespace bornier::wire
