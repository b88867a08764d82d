// SPDX-License-Identifier: Apache-2.0
#include "app/read_plain.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "app/meter_reader.hpp"
#include "app/point_table.hpp"
#include "app/serial_port.hpp"
#include "model/plain_registers.hpp"
#include "wire/pdu.hpp"

namespace bornier::app {
namespace {

using Words = std::vector<std::uint16_t>;

/// No value is divided among two: its halves would be of two moments.
auto requests_for(const PlainRead& wanted) -> std::vector<Request> {
  std::uint32_t most = wire::is_bits(wanted.table) ? wire::max_read_bits : wire::max_read_registers;
  most -= wanted.encoding ? most % wanted.encoding->registers : 0;
  std::vector<Request> requests;
  for (std::uint32_t done = 0; done < wanted.count; done += most) {
    requests.push_back({.table = wanted.table,
                        .first = static_cast<std::uint16_t>(wanted.first + done),
                        .count = static_cast<std::uint16_t>(std::min(most, wanted.count - done)),
                        .points = {}});
  }
  return requests;
}

auto hexadecimal(std::uint16_t word) -> std::string {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (unsigned shift = 16; shift > 0; shift -= 4) {
    text += digits[word >> (shift - 4U) & 0xFU];
  }
  return text;
}

auto hexadecimal(std::span<const std::uint16_t> words) -> std::string {
  std::string text;
  for (const auto word : words) {
    text += (text.empty() ? "" : " ") + hexadecimal(word);
  }
  return text;
}

auto letters(std::uint16_t word) -> std::string {
  std::string text;
  for (const unsigned shift : {8U, 0U}) {
    const unsigned byte = word >> shift & 0xFFU;
    const bool visible = byte >= 0x20 && byte < 0x7F;
    text += visible ? static_cast<char>(byte) : '.';
  }
  return text;
}

/// Each register, or bit, by itself.
auto as_registers(const PlainRead& wanted, const Words& words) -> Table {
  const bool bits = wire::is_bits(wanted.table);
  Table table;
  if (bits) {
    table.columns.push_back({.name = "address", .right_aligned = true, .number = true});
    table.columns.push_back({.name = "state", .right_aligned = true, .number = true});
  } else {
    table.columns.push_back({.name = "reference"});
    table.columns.push_back({.name = "address", .right_aligned = true, .number = true});
    table.columns.push_back({.name = "hex"});
    table.columns.push_back({.name = "unsigned", .right_aligned = true, .number = true});
    table.columns.push_back({.name = "signed", .right_aligned = true, .number = true});
    table.columns.push_back({.name = "text"});
  }
  for (std::size_t index = 0; index < words.size(); ++index) {
    const auto word = words[index];
    const auto address = static_cast<std::uint16_t>(wanted.first + index);
    std::vector<std::string> row{std::to_string(address)};
    if (bits) {
      row.push_back(std::to_string(word));
    } else {
      row.insert(row.begin(), model::reference_of(address, wanted.table));
      row.push_back(hexadecimal(word));
      row.push_back(std::to_string(word));
      row.push_back(std::to_string(static_cast<std::int16_t>(word)));
      row.push_back(letters(word));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

auto as_values(const PlainRead& wanted, const Words& words) -> Table {
  Table table{.columns = {{.name = "reference"},
                          {.name = "address", .right_aligned = true, .number = true},
                          {.name = "words"},
                          {.name = "value", .right_aligned = true}},
              .rows = {}};
  const auto& encoding = *wanted.encoding;
  for (std::size_t at = 0; at + encoding.registers <= words.size(); at += encoding.registers) {
    const auto value = std::span{words}.subspan(at, encoding.registers);
    const auto address = static_cast<std::uint16_t>(wanted.first + at);
    table.rows.push_back({model::reference_of(address, wanted.table), std::to_string(address),
                          hexadecimal(value), model::plain_value(value, encoding)});
  }
  return table;
}

auto as_orders(const PlainRead& wanted, const Words& words) -> Table {
  Table table{.columns = {{.name = "word_order"}, {.name = "byte_order"}}, .rows = {}};
  const auto trials = model::try_orders(words, *wanted.encoding);
  for (std::size_t value = 0; value < trials.front().values.size(); ++value) {
    const auto address =
        static_cast<std::uint16_t>(wanted.first + value * wanted.encoding->registers);
    table.columns.push_back(
        {.name = model::reference_of(address, wanted.table), .right_aligned = true});
  }
  table.columns.push_back({.name = "likely"});
  for (const auto& trial : trials) {
    std::vector<std::string> row{trial.encoding.low_word_first ? "little" : "big",
                                 trial.encoding.low_byte_first ? "little" : "big"};
    row.insert(row.end(), trial.values.begin(), trial.values.end());
    row.emplace_back(trial.plausible ? "yes" : "");
    table.rows.push_back(std::move(row));
  }
  return table;
}

auto shown(const PlainRead& wanted, const Words& words) -> Table {
  if (!wanted.encoding) {
    return as_registers(wanted, words);
  }
  return wanted.try_orders ? as_orders(wanted, words) : as_values(wanted, words);
}

/// What one reading brought, in the order of the addresses.
class PlainAnswers {
 public:
  explicit PlainAnswers(const PlainRead& wanted) : wanted_{wanted}, words_(wanted.count) {}

  void add(const Gathered& one) {
    const auto place = static_cast<std::size_t>(one.request->first - wanted_.first);
    std::copy(one.words.begin(), one.words.end(),
              words_.begin() + static_cast<std::ptrdiff_t>(place));
    came_ += one.words.size();
    if (one.is_refused()) {
      refusal_ = one.exception_code;
      refused_ = *one.request;
    }
  }
  [[nodiscard]] auto words() const -> const Words& { return words_; }
  /// Empty if everything came.
  [[nodiscard]] auto what_is_missing() const -> std::string;

 private:
  PlainRead wanted_;
  Words words_;
  std::size_t came_{};
  std::uint8_t refusal_{};
  Request refused_;
};

auto PlainAnswers::what_is_missing() const -> std::string {
  if (came_ == words_.size()) {
    return {};
  }
  if (refusal_ == 0) {
    return "the meter answers only a part of it; ask for less at once";
  }
  const auto code = static_cast<wire::ExceptionCode>(refusal_);
  std::string text = "the meter answers exception " + std::to_string(refusal_) + " (" +
                     std::string{wire::to_text(code)} + ") for " + std::to_string(refused_.count) +
                     " from address " + std::to_string(refused_.first);
  switch (code) {
    case wire::ExceptionCode::illegal_function:
      return text + "; try another of --holding, --input, --coils and --discrete";
    case wire::ExceptionCode::illegal_data_address:
    case wire::ExceptionCode::illegal_data_value:
      return text + "; ask for fewer, or look up where it has them";
    default: return text + "; ask again";
  }
}

/// Nothing is known of it: the usual patience, and any hole may be read.
auto unknown_meter(wire::UnitId unit) -> MeterSettings {
  MeterSettings meter;
  meter.unit_id = unit;
  model::Model model;
  model.limits.holes_readable = true;
  meter.model = std::make_shared<const model::Model>(std::move(model));
  return meter;
}

}  // namespace

void begin_again(Format format) {
  if (format == Format::table) {
    std::cout << (::isatty(STDOUT_FILENO) == 1 ? "\x1b[H\x1b[2J" : "\n");
  }
}

auto read_plain(BusSettings bus, wire::UnitId unit, PlainRead wanted, Showing showing,
                const io::Clock& clock) -> boost::asio::awaitable<bool> {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto line = make_line(executor, clock, bus, showing.raw);
  const auto name = line->name();
  MeterReader reader{executor, bus, std::move(line), clock, MeterReader::Neighbours::none};
  const auto connected = co_await reader.connect();
  if (!connected) {
    std::cerr << why_not_connected(bus, name, connected.error()) << "\n";
    co_return false;
  }
  const auto meter = unknown_meter(unit);
  const auto requests = requests_for(wanted);
  Wakeup pause{executor, clock};
  for (;;) {
    const auto begun = clock.now().instant;
    bool read = false;
    PlainAnswers answers{wanted};
    const Arrived arrived = [&answers](const Gathered& one) { answers.add(one); };
    const auto outcome = co_await reader.read(meter, requests, MeterReader::Effort::full, arrived);
    if (outcome == modbus::Outcome::silent) {
      std::cerr << why_silent(bus, name, unit) << "\n";
    } else if (outcome == modbus::Outcome::bus_down) {
      std::cerr << name << ": the connection was lost: " << reader.figures().last_error << "\n";
    } else if (const auto missing = answers.what_is_missing(); !missing.empty()) {
      std::cerr << missing << "\n";
    } else {
      std::cout << to_text(shown(wanted, answers.words()), showing.format) << std::flush;
      read = true;
    }
    if (!showing.every) {
      co_return read;
    }
    co_await pause.wait(begun + *showing.every);
    begin_again(showing.format);
  }
}

}  // namespace bornier::app
