// SPDX-License-Identifier: Apache-2.0
#include "modbus/fault.hpp"

#include <string>

#include "modbus/fault_error_code.hpp"

namespace bornier::modbus {

namespace {

class Category final : public boost::system::error_category {
 public:
  auto name() const noexcept -> const char* override { return "modbus"; }
  auto message(int number) const -> std::string override {
    const auto fault = static_cast<Fault>(number);
    std::string text{to_text(fault)};
    if (const auto code = exception_code(fault)) {
      text += " (exception " + std::to_string(static_cast<unsigned>(*code)) + ")";
    }
    return text;
  }
};

}  // namespace

auto to_text(Fault fault) noexcept -> std::string_view {
  if (const auto code = exception_code(fault)) {
    return wire::to_text(*code);
  }
  switch (fault) {
    case Fault::timeout: return "no answer in time";
    case Fault::truncated: return "the answer stopped half-way";
    case Fault::bad_crc: return "answers with a wrong checksum only";
    case Fault::unfitting_answer: return "the answer does not fit the request";
    case Fault::broken_stream: return "what was received is not Modbus TCP";
    default: return "unknown fault";
  }
}

auto fault_category() noexcept -> const boost::system::error_category& {
  static const Category category;
  return category;
}

auto fault_of(const boost::system::error_code& error) noexcept -> std::optional<Fault> {
  if (error.category() != fault_category()) {
    return std::nullopt;
  }
  return static_cast<Fault>(error.value());
}

}  // namespace bornier::modbus
