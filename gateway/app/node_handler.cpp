// SPDX-License-Identifier: Apache-2.0
#include "app/node_handler.hpp"

#include <utility>

#include "app/node_registers.hpp"
#include "app/write_target.hpp"

namespace bornier::app {
namespace {

using modbus::Outcome;

/// What a node needs, once it has answered, until it answers elsewhere.
constexpr std::chrono::milliseconds moving{300};
constexpr int looks_for_node = 5;
constexpr int confirmations = 3;
/// Settings are saved at once, but not more often than every 5 s.
constexpr int looks_for_saving = 20;

auto why_unanswered(Outcome outcome, std::uint8_t exception_code) -> std::string {
  switch (outcome) {
    case Outcome::answered: return "";
    case Outcome::failed: return explain_refusal(exception_code);
    case Outcome::silent: return "no answer";
    case Outcome::bus_down: return "no connection";
  }
  return "";
}

auto what_is_written(const NodeWrite& write) -> std::string {
  return (write.table == wire::Table::coil ? "coil " : "holding register ") +
         std::to_string(write.first);
}

}  // namespace

NodeHandler::NodeHandler(const boost::asio::any_io_executor& executor, MeterReader& reader,
                         const io::Clock& clock, MeterSettings meter,
                         MeterWriter::LineMaker make_line, MeterReader::Effort effort)
    : executor_{executor},
      reader_{reader},
      clock_{clock},
      meter_{std::move(meter)},
      make_line_{std::move(make_line)},
      effort_{effort},
      pause_{executor, clock} {}

auto NodeHandler::carry_out(NodeOrder order) -> boost::asio::awaitable<NodeReport> {
  NodeReport report;
  if (order.move) {
    report = co_await move(*order.move, order.force);
    elsewhere_.reset();
    co_return report;
  }
  report = co_await write_and_read(std::move(order));
  co_return report;
}

auto NodeHandler::here() const -> NodeLine {
  return {.unit = meter_.unit_id.value(), .serial = reader_.settings().serial};
}

auto NodeHandler::is_serial() const -> bool {
  return reader_.settings().transport == Transport::rtu;
}

auto NodeHandler::describe(const NodeLine& line) const -> std::string {
  auto text = "unit " + std::to_string(line.unit);
  if (is_serial()) {
    constexpr std::string_view letters = "NEO";
    text += " with " + std::to_string(line.serial.baud) + " baud 8" +
            letters[static_cast<std::size_t>(line.serial.parity)] +
            std::to_string(line.serial.stop_bits);
  }
  return text;
}

auto NodeHandler::reader_for(const NodeLine& line) -> MeterReader& {
  if (!is_serial() || line.serial == here().serial) {
    elsewhere_.reset();
    return reader_;
  }
  if (!elsewhere_ || elsewhere_->settings().serial != line.serial) {
    reader_.close();
    auto settings = reader_.settings();
    settings.serial = line.serial;
    elsewhere_ = std::make_unique<MeterReader>(executor_, settings, make_line_(settings), clock_,
                                               MeterReader::Neighbours::none);
  }
  return *elsewhere_;
}

auto NodeHandler::read(NodeLine line, NodeRead read, MeterReader::Effort effort)
    -> boost::asio::awaitable<Answer> {
  auto& reader = reader_for(line);
  auto meter = meter_;
  meter.unit_id = wire::UnitId{line.unit};
  const Request request{
      .table = read.table, .first = read.first, .count = read.count, .points = {}};
  auto looked = co_await reader.look(meter, request, effort);
  Answer answer;
  answer.outcome = looked.outcome;
  answer.exception_code = looked.gathered.exception_code;
  answer.words = std::move(looked.gathered.words);
  co_return answer;
}

auto NodeHandler::write(NodeLine line, NodeWrite write) -> boost::asio::awaitable<Answer> {
  auto& reader = reader_for(line);
  if (!reader.line().is_open()) {
    static_cast<void>(co_await reader.connect());
  }
  auto meter = meter_;
  meter.unit_id = wire::UnitId{line.unit};
  const PlainPlace place{.table = write.table,
                         .first = write.first,
                         .encoding = {},
                         .function = write.table == wire::Table::coil ? 5U : 16U};
  const auto pdus = writes_of(place, write.words);
  const auto looked = co_await reader.write(meter, pdus.front());
  Answer answer;
  answer.outcome = looked.outcome;
  answer.exception_code = looked.gathered.exception_code;
  co_return answer;
}

auto NodeHandler::write_and_read(NodeOrder order) -> boost::asio::awaitable<NodeReport> {
  NodeReport report;
  bool all_taken = true;
  for (auto& each : order.writes) {
    const auto what = what_is_written(each);
    const auto answer = co_await write(here(), std::move(each));
    if (answer.outcome == Outcome::failed || answer.outcome == Outcome::bus_down) {
      report.end = answer.outcome == Outcome::failed ? NodeEnd::refused : NodeEnd::unanswered;
      report.told = what + ": " + why_unanswered(answer.outcome, answer.exception_code);
      co_return report;
    }
    all_taken = all_taken && answer.outcome == Outcome::answered;
  }
  for (const auto& each : order.reads) {
    auto answer = co_await read(here(), each, effort_);
    if (answer.outcome != Outcome::answered) {
      report.end = NodeEnd::unanswered;
      if (answer.outcome == Outcome::failed) {
        report.end = NodeEnd::refused;
      }
      report.words.clear();
      report.told = why_unanswered(answer.outcome, answer.exception_code);
      co_return report;
    }
    report.words.push_back(std::move(answer.words));
  }
  report.end = order.reads.empty() && !all_taken ? NodeEnd::unanswered : NodeEnd::done;
  report.told = all_taken ? "" : "the node did not answer a write";
  co_return report;
}

auto NodeHandler::is_taken(NodeLine line) -> boost::asio::awaitable<bool> {
  // A device that is alone behind its TCP address often answers to any unit id. Others on a serial
  // line have the settings of now.
  if (line.unit == here().unit || reader_.settings().transport == Transport::tcp) {
    co_return false;
  }
  const NodeRead anything{wire::Table::input_register, node_at::identity, 1};
  line.serial = here().serial;
  for (int look = 0; look < 2; ++look) {
    const auto answer = co_await read(line, anything, MeterReader::Effort::once);
    if (answer.outcome == Outcome::answered || answer.outcome == Outcome::failed) {
      co_return true;
    }
  }
  co_return false;
}

auto NodeHandler::find(NodeLine line, std::vector<std::uint16_t> serial)
    -> boost::asio::awaitable<std::string> {
  const NodeRead identity{wire::Table::input_register, node_at::serial, 4};
  for (int look = 0; look < looks_for_node; ++look) {
    if (look > 0) {
      co_await pause_.wait(clock_.now().instant + moving);
    }
    const auto answer = co_await read(line, identity, MeterReader::Effort::once);
    if (answer.outcome == Outcome::answered) {
      std::string told;
      if (answer.words != serial) {
        told = "somebody else answers as " + describe(line) + ", so nothing was confirmed there";
      }
      co_return told;
    }
  }
  auto silence = "the node does not answer as " + describe(line);
  co_return silence;
}

auto NodeHandler::confirm(NodeLine line) -> boost::asio::awaitable<bool> {
  const NodeRead on_trial{wire::Table::discrete_input, node_at::line_on_trial, 1};
  for (int attempt = 0; attempt < confirmations; ++attempt) {
    NodeWrite yes;
    yes.first = node_at::line_confirm;
    yes.words.push_back(1);
    static_cast<void>(co_await write(line, std::move(yes)));
    const auto answer = co_await read(line, on_trial, MeterReader::Effort::once);
    if (answer.outcome == Outcome::answered && answer.words.front() == 0) {
      co_return true;
    }
  }
  co_return false;
}

auto NodeHandler::is_kept(NodeLine line) -> boost::asio::awaitable<bool> {
  NodeWrite save;
  save.table = wire::Table::coil;
  save.first = node_at::save_now;
  save.words.push_back(1);
  static_cast<void>(co_await write(line, std::move(save)));
  const NodeRead waits{wire::Table::coil, node_at::save_now, 1};
  for (int look = 0; look < looks_for_saving; ++look) {
    const auto answer = co_await read(line, waits, MeterReader::Effort::once);
    if (answer.outcome == Outcome::answered && answer.words.front() == 0) {
      co_return true;
    }
    co_await pause_.wait(clock_.now().instant + moving);
  }
  co_return false;
}

auto NodeHandler::move(NodeLine to, bool force) -> boost::asio::awaitable<NodeReport> {
  NodeReport report;
  auto words = line_words(to);
  if (!words) {
    report.told = "a node cannot be " + describe(to);
    co_return report;
  }
  const NodeRead identity{wire::Table::input_register, node_at::serial, 4};
  auto known = co_await read(here(), identity, effort_);
  if (known.outcome != Outcome::answered) {
    report.told = "nothing was written: " + why_unanswered(known.outcome, known.exception_code);
    co_return report;
  }
  if (!force && to != here()) {
    const bool taken = co_await is_taken(to);
    if (taken) {
      report.told =
          "nothing was written: " + describe(to) + " answers already; two meters would share it";
      co_return report;
    }
  }
  NodeWrite settings;
  settings.first = node_at::unit_id;
  settings.words = std::move(*words);
  const auto sent = co_await write(here(), std::move(settings));
  if (sent.outcome == Outcome::failed || sent.outcome == Outcome::bus_down) {
    report.end = sent.outcome == Outcome::failed ? NodeEnd::refused : NodeEnd::impossible;
    report.told = "the node stays as it is: " + why_unanswered(sent.outcome, sent.exception_code);
    co_return report;
  }
  report.end = NodeEnd::reverting;
  report.told = co_await find(to, known.words);
  if (!report.told.empty()) {
    const auto still = co_await read(here(), identity, MeterReader::Effort::once);
    if (still.outcome == Outcome::answered && still.words == known.words && to != here()) {
      report.end = NodeEnd::refused;
      report.told += "; it stays " + describe(here());
    }
    co_return report;
  }
  const bool confirmed = co_await confirm(to);
  if (!confirmed) {
    report.told = "whether the node took the confirmation as " + describe(to) + " is not known";
    co_return report;
  }
  const NodeRead settings_read{wire::Table::holding_register, node_at::unit_id, 3};
  auto shown = co_await read(to, settings_read, effort_);
  const auto wanted = line_words(to);
  if (shown.outcome == Outcome::answered && shown.words == *wanted) {
    report.end = NodeEnd::done;
    const bool kept = co_await is_kept(to);
    report.told = "the node answers as " + describe(to) +
                  (kept ? " now, and has saved it" : " now, but has not said that it is saved");
    report.words.push_back(std::move(shown.words));
  } else {
    report.told = "the node does not show the new settings";
  }
  co_return report;
}

}  // namespace bornier::app
