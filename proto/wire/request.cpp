// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "wire/pdu.hpp"
#include "wire/pdu_rules.hpp"

namespace bornier::wire {

namespace {

constexpr std::uint16_t coil_on = 0xFF00;
constexpr std::uint16_t coil_off = 0x0000;

/// One of these overloads for each request writes what follows the function.
class RequestWriter {
 public:
  explicit RequestWriter(ByteWriter& out) noexcept : out_{out} {}

  auto operator()(const Read& read) noexcept -> std::optional<Fault> {
    if (const auto fault = check_range(read.first, read.quantity, max_quantity(read.table))) {
      return fault;
    }
    out_.u16(read.first.value());
    out_.u16(read.quantity);
    return std::nullopt;
  }

  auto operator()(const WriteSingleCoil& write) noexcept -> std::optional<Fault> {
    out_.u16(write.address.value());
    out_.u16(write.on ? coil_on : coil_off);
    return std::nullopt;
  }

  auto operator()(const WriteSingleRegister& write) noexcept -> std::optional<Fault> {
    out_.u16(write.address.value());
    out_.u16(write.value);
    return std::nullopt;
  }

  auto operator()(const WriteCoils& write) noexcept -> std::optional<Fault> {
    if (const auto fault = check_range(write.first, write.values.size(), max_write_bits)) {
      return fault;
    }
    out_.u16(write.first.value());
    out_.u16(static_cast<std::uint16_t>(write.values.size()));
    write_bits(out_, write.values);
    return std::nullopt;
  }

  auto operator()(const WriteRegisters& write) noexcept -> std::optional<Fault> {
    if (const auto fault = check_range(write.first, write.values.size(), max_write_registers)) {
      return fault;
    }
    out_.u16(write.first.value());
    out_.u16(static_cast<std::uint16_t>(write.values.size()));
    write_registers(out_, write.values);
    return std::nullopt;
  }

  auto operator()(const MaskWriteRegister& write) noexcept -> std::optional<Fault> {
    out_.u16(write.address.value());
    out_.u16(write.and_mask);
    out_.u16(write.or_mask);
    return std::nullopt;
  }

  auto operator()(const ReadWriteRegisters& both) noexcept -> std::optional<Fault> {
    if (const auto fault = check_range(both.read_first, both.read_quantity, max_read_registers)) {
      return fault;
    }
    if (const auto fault =
            check_range(both.write_first, both.values.size(), max_read_write_written_registers)) {
      return fault;
    }
    out_.u16(both.read_first.value());
    out_.u16(both.read_quantity);
    out_.u16(both.write_first.value());
    out_.u16(static_cast<std::uint16_t>(both.values.size()));
    write_registers(out_, both.values);
    return std::nullopt;
  }

  auto operator()(const ReadDeviceIdentification& read) noexcept -> std::optional<Fault> {
    if (!is_identification_code(static_cast<std::uint8_t>(read.code))) {
      return Fault::bad_value;
    }
    out_.u8(mei_read_device_identification);
    out_.u8(static_cast<std::uint8_t>(read.code));
    out_.u8(read.object);
    return std::nullopt;
  }

  auto operator()(const Diagnose& diagnose) noexcept -> std::optional<Fault> {
    out_.u16(diagnose.sub_function);
    out_.u16(diagnose.data);
    return std::nullopt;
  }

 private:
  ByteWriter& out_;
};

auto decode_read(Table table, ByteReader in) noexcept -> Result<Request, Fault> {
  const RegisterAddress first{in.u16()};
  const auto quantity = in.u16();
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  if (const auto fault = check_range(first, quantity, max_quantity(table))) {
    return *fault;
  }
  return Request{Read{table, first, quantity}};
}

auto decode_write_single_coil(ByteReader in) noexcept -> Result<Request, Fault> {
  const RegisterAddress address{in.u16()};
  const auto value = in.u16();
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  if (value != coil_on && value != coil_off) {
    return Fault::bad_value;
  }
  return Request{WriteSingleCoil{address, value == coil_on}};
}

auto decode_write_single_register(ByteReader in) noexcept -> Result<Request, Fault> {
  const RegisterAddress address{in.u16()};
  const auto value = in.u16();
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  return Request{WriteSingleRegister{address, value}};
}

auto decode_diagnose(ByteReader in) noexcept -> Result<Request, Fault> {
  Diagnose diagnose;
  diagnose.sub_function = in.u16();
  diagnose.data = in.u16();
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  return Request{diagnose};
}

auto decode_write_coils(ByteReader in) noexcept -> Result<Request, Fault> {
  const RegisterAddress first{in.u16()};
  const auto quantity = in.u16();
  const std::size_t byte_count = in.u8();
  const auto packed = in.take(byte_count);
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  if (const auto fault = check_range(first, quantity, max_write_bits)) {
    return *fault;
  }
  if (byte_count != packed_size(quantity)) {
    return Fault::byte_count_mismatch;
  }
  return Request{WriteCoils{first, BitsView{packed, quantity}}};
}

auto decode_write_registers(ByteReader in) noexcept -> Result<Request, Fault> {
  const RegisterAddress first{in.u16()};
  const auto quantity = in.u16();
  const std::size_t byte_count = in.u8();
  const auto values = in.take(byte_count);
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  if (const auto fault = check_range(first, quantity, max_write_registers)) {
    return *fault;
  }
  if (byte_count != std::size_t{2} * quantity) {
    return Fault::byte_count_mismatch;
  }
  return Request{WriteRegisters{first, RegistersView{values}}};
}

auto decode_mask_write_register(ByteReader in) noexcept -> Result<Request, Fault> {
  const RegisterAddress address{in.u16()};
  const auto and_mask = in.u16();
  const auto or_mask = in.u16();
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  return Request{MaskWriteRegister{address, and_mask, or_mask}};
}

auto decode_read_write_registers(ByteReader in) noexcept -> Result<Request, Fault> {
  const RegisterAddress read_first{in.u16()};
  const auto read_quantity = in.u16();
  const RegisterAddress write_first{in.u16()};
  const auto write_quantity = in.u16();
  const std::size_t byte_count = in.u8();
  const auto values = in.take(byte_count);
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  if (const auto fault = check_range(read_first, read_quantity, max_read_registers)) {
    return *fault;
  }
  if (const auto fault =
          check_range(write_first, write_quantity, max_read_write_written_registers)) {
    return *fault;
  }
  if (byte_count != std::size_t{2} * write_quantity) {
    return Fault::byte_count_mismatch;
  }
  return Request{ReadWriteRegisters{read_first, read_quantity, write_first, RegistersView{values}}};
}

auto decode_read_device_identification(ByteReader in) noexcept -> Result<Request, Fault> {
  if (in.u8() != mei_read_device_identification) {
    return in.overran() ? Fault::truncated : Fault::unknown_function;
  }
  const auto code = in.u8();
  const auto object = in.u8();
  if (const auto fault = ending_fault(in)) {
    return *fault;
  }
  if (!is_identification_code(code)) {
    return Fault::bad_value;
  }
  return Request{ReadDeviceIdentification{static_cast<DeviceIdentificationCode>(code), object}};
}

}  // namespace

auto function_of(const Request& request) noexcept -> Function {
  struct FunctionOf {
    auto operator()(const Read& read) const noexcept -> Function {
      switch (read.table) {
        case Table::coil: return Function::read_coils;
        case Table::discrete_input: return Function::read_discrete_inputs;
        case Table::input_register: return Function::read_input_registers;
        case Table::holding_register: return Function::read_holding_registers;
      }
      return Function::read_holding_registers;
    }
    auto operator()(const WriteSingleCoil&) const noexcept -> Function {
      return Function::write_single_coil;
    }
    auto operator()(const WriteSingleRegister&) const noexcept -> Function {
      return Function::write_single_register;
    }
    auto operator()(const WriteCoils&) const noexcept -> Function {
      return Function::write_multiple_coils;
    }
    auto operator()(const WriteRegisters&) const noexcept -> Function {
      return Function::write_multiple_registers;
    }
    auto operator()(const MaskWriteRegister&) const noexcept -> Function {
      return Function::mask_write_register;
    }
    auto operator()(const ReadWriteRegisters&) const noexcept -> Function {
      return Function::read_write_multiple_registers;
    }
    auto operator()(const ReadDeviceIdentification&) const noexcept -> Function {
      return Function::encapsulated_interface;
    }
    auto operator()(const Diagnose&) const noexcept -> Function { return Function::diagnostics; }
  };
  return std::visit(FunctionOf{}, request);
}

auto encode_request(const Request& request) noexcept -> Result<Pdu, Fault> {
  return written_pdu([&request](ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(function_of(request)));
    return std::visit(RequestWriter{out}, request);
  });
}

auto decode_request(std::span<const std::byte> pdu) noexcept -> Result<Request, Fault> {
  if (pdu.size() > max_pdu_size) {
    return Fault::bad_length;
  }
  ByteReader in{pdu};
  const auto function = in.u8();
  if (in.overran()) {
    return Fault::truncated;
  }
  switch (static_cast<Function>(function)) {
    case Function::read_coils: return decode_read(Table::coil, in);
    case Function::read_discrete_inputs: return decode_read(Table::discrete_input, in);
    case Function::read_holding_registers: return decode_read(Table::holding_register, in);
    case Function::read_input_registers: return decode_read(Table::input_register, in);
    case Function::write_single_coil: return decode_write_single_coil(in);
    case Function::write_single_register: return decode_write_single_register(in);
    case Function::diagnostics: return decode_diagnose(in);
    case Function::write_multiple_coils: return decode_write_coils(in);
    case Function::write_multiple_registers: return decode_write_registers(in);
    case Function::mask_write_register: return decode_mask_write_register(in);
    case Function::read_write_multiple_registers: return decode_read_write_registers(in);
    case Function::encapsulated_interface: return decode_read_device_identification(in);
  }
  return Fault::unknown_function;
}

}  // namespace bornier::wire
