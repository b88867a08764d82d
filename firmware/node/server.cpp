// SPDX-License-Identifier: Apache-2.0
#include "node/server.hpp"

#include <array>
#include <string_view>
#include <variant>

#include "node/registers.hpp"

namespace bornier::node {

namespace {

constexpr wire::UnitId broadcast_unit{0};

/// By function 43 / 14: the basic objects.
constexpr std::array<std::string_view, 3> device_texts{"Bornier", "pulse-node", "0.1"};
static_assert(firmware_version == 0x0001, "the text of object 2 is the version");

auto written(const Refusal& refusal) noexcept -> wire::Response {
  if (refusal) {
    return wire::Exception{*refusal};
  }
  return wire::Written{};
}

auto identify(const wire::ReadDeviceIdentification& request,
              std::span<std::byte, wire::max_device_objects_size> room) noexcept -> wire::Response {
  std::array<wire::DeviceObject, device_texts.size()> objects{};
  for (std::size_t id = 0; id < objects.size(); ++id) {
    objects[id] = {static_cast<std::uint8_t>(id), std::as_bytes(std::span{device_texts[id]})};
  }
  return wire::answer_identification(request, objects, room);
}

auto write_one_coil(Parts& parts, const wire::WriteSingleCoil& write) noexcept -> Refusal {
  const std::array packed{write.on ? std::byte{1} : std::byte{0}};
  return write_coils(parts, write.address, wire::BitsView{packed, 1});
}

auto write_one_register(Parts& parts, const wire::WriteSingleRegister& write,
                        bool broadcast) noexcept -> Refusal {
  const std::array value{static_cast<std::byte>(write.value >> 8U),
                         static_cast<std::byte>(write.value)};
  return write_registers(parts, write.address, wire::RegistersView{value}, broadcast);
}

/// Leads out of listen-only mode.
auto restarts(const wire::Result<wire::Request, wire::Fault>& request) noexcept -> bool {
  const auto* diagnose = request ? std::get_if<wire::Diagnose>(&*request) : nullptr;
  return diagnose != nullptr && diagnose->sub_function == wire::Diagnose::restart_communications;
}

}  // namespace

auto Server::serve(const wire::RtuFrame& frame, FrameReader& reader) noexcept -> void {
  constexpr std::byte answer_flag{0x80};
  ++counts_.bus_messages;
  answer_ = {};
  const bool broadcast = frame.unit == broadcast_unit;
  const bool ours = frame.unit.value() == parts_.line.line().unit;
  if ((!ours && !broadcast) || (frame.pdu[0] & answer_flag) != std::byte{0}) {
    return;
  }
  ++counts_.server_messages;
  const auto request = wire::decode_request(frame.pdu);
  if (listen_only_ && !restarts(request)) {
    ++counts_.no_responses;
    return;
  }
  std::array<std::byte, wire::max_pdu_size> room{};
  const bool silent = broadcast || listen_only_;
  const auto response = request ? respond(*request, broadcast, reader, room)
                                : wire::Exception{wire::exception_for(request.error())};
  if (silent || listen_only_) {
    ++counts_.no_responses;
    return;
  }
  counts_.exceptions = static_cast<std::uint16_t>(
      counts_.exceptions + (std::holds_alternative<wire::Exception>(response) ? 1 : 0));
  const auto pdu = request
                       ? wire::encode_response(*request, response)
                       : wire::encode_exception(frame.pdu, wire::exception_for(request.error()));
  if (pdu) {
    send(frame.unit, *pdu);
  }
}

auto Server::send(wire::UnitId unit, const wire::Pdu& pdu) noexcept -> void {
  if (const auto adu = wire::encode_rtu(unit, pdu.bytes())) {
    answer_ = *adu;
  }
}

auto Server::respond(const wire::Request& request, bool broadcast, FrameReader& reader,
                     std::span<std::byte, wire::max_pdu_size> room) noexcept -> wire::Response {
  if (const auto* asked = std::get_if<wire::Read>(&request)) {
    return read(*asked, room);
  }
  if (const auto* one = std::get_if<wire::WriteSingleRegister>(&request)) {
    return written(write_one_register(parts_, *one, broadcast));
  }
  if (const auto* several = std::get_if<wire::WriteRegisters>(&request)) {
    return written(write_registers(parts_, several->first, several->values, broadcast));
  }
  if (const auto* one = std::get_if<wire::WriteSingleCoil>(&request)) {
    return written(write_one_coil(parts_, *one));
  }
  if (const auto* several = std::get_if<wire::WriteCoils>(&request)) {
    return written(write_coils(parts_, several->first, several->values));
  }
  if (const auto* asked = std::get_if<wire::Diagnose>(&request)) {
    return diagnose(*asked, reader);
  }
  if (const auto* asked = std::get_if<wire::ReadDeviceIdentification>(&request)) {
    return identify(*asked, room.first<wire::max_device_objects_size>());
  }
  return wire::Exception{wire::ExceptionCode::illegal_function};
}

auto Server::read(const wire::Read& read, std::span<std::byte> room) const noexcept
    -> wire::Response {
  if (wire::is_bits(read.table)) {
    if (const auto refusal = read_bits(parts_, read, room)) {
      return wire::Exception{*refusal};
    }
    return wire::Bits{wire::BitsView{room, read.quantity}};
  }
  wire::ByteWriter out{room};
  if (const auto refusal = read_registers(parts_, read, out)) {
    return wire::Exception{*refusal};
  }
  return wire::Registers{wire::RegistersView{out.written()}};
}

auto Server::diagnose(const wire::Diagnose& request, FrameReader& reader) noexcept
    -> wire::Response {
  using wire::Diagnose;
  const auto overruns = static_cast<std::uint16_t>(parts_.bytes.overruns());
  const auto clear = [&] {
    counts_ = Counts{};
    counts_.overruns = overruns;
    reader.reset_damaged();
  };
  switch (request.sub_function) {
    case Diagnose::return_query_data: return wire::Diagnosed{request.data};
    case Diagnose::restart_communications:
      if (request.data != 0 && request.data != 0xFF00) {
        return wire::Exception{wire::ExceptionCode::illegal_data_value};
      }
      clear();
      listen_only_ = false;
      return wire::Diagnosed{request.data};
    default: break;
  }
  if (request.data != 0) {
    return wire::Exception{wire::ExceptionCode::illegal_data_value};
  }
  switch (request.sub_function) {
    case Diagnose::diagnostic_register: return wire::Diagnosed{0};
    case Diagnose::force_listen_only: listen_only_ = true; return wire::Diagnosed{0};
    case Diagnose::clear_counters: clear(); return wire::Diagnosed{0};
    case Diagnose::bus_messages: return wire::Diagnosed{counts_.bus_messages};
    case Diagnose::bus_communication_errors: return wire::Diagnosed{reader.damaged()};
    case Diagnose::exceptions_returned: return wire::Diagnosed{counts_.exceptions};
    case Diagnose::server_messages: return wire::Diagnosed{counts_.server_messages};
    case Diagnose::server_no_responses: return wire::Diagnosed{counts_.no_responses};
    case Diagnose::server_naks:
    case Diagnose::server_busy: return wire::Diagnosed{0};
    case Diagnose::bus_character_overruns:
      return wire::Diagnosed{static_cast<std::uint16_t>(overruns - counts_.overruns)};
    case Diagnose::clear_overruns: counts_.overruns = overruns; return wire::Diagnosed{0};
    default: return wire::Exception{wire::ExceptionCode::illegal_function};
  }
}

}  // namespace bornier::node
