// SPDX-License-Identifier: Apache-2.0
#include "app/meter_writer.hpp"

#include <algorithm>
#include <utility>

#include "model/decode.hpp"

namespace bornier::app {
namespace {

using modbus::Outcome;
using std::chrono::milliseconds;

/// What a meter needs at the most, once it has acknowledged a value, until it shows it or answers
/// elsewhere.
constexpr milliseconds settling{300};
/// So many times it is looked for, at its old place and at its new one.
constexpr int looks_elsewhere = 2;

auto exception_text(std::uint8_t exception_code) -> std::string {
  const auto code = static_cast<wire::ExceptionCode>(exception_code);
  return "exception " + std::to_string(exception_code) + " (" + std::string{wire::to_text(code)} +
         ")";
}

auto why_no_value(Outcome outcome, std::uint8_t exception_code) -> std::string {
  switch (outcome) {
    case Outcome::answered: return "";
    case Outcome::failed: return exception_text(exception_code);
    case Outcome::silent: return "no answer";
    case Outcome::bus_down: return "no connection";
  }
  return "";
}

auto parity_letter(modbus::Parity parity) -> char {
  switch (parity) {
    case modbus::Parity::none: return 'N';
    case modbus::Parity::even: return 'E';
    case modbus::Parity::odd: return 'O';
  }
  return '?';
}

auto parity_of(model::Parity parity) -> modbus::Parity {
  switch (parity) {
    case model::Parity::none: return modbus::Parity::none;
    case model::Parity::even: return modbus::Parity::even;
    case model::Parity::odd: return modbus::Parity::odd;
  }
  return modbus::Parity::none;
}

auto blocks_of(const std::vector<Gathered>& gathered, bool alone)
    -> std::vector<model::RegisterBlock> {
  std::vector<model::RegisterBlock> blocks;
  for (const auto& one : gathered) {
    blocks.push_back({one.request->table, one.request->first, one.words, alone});
  }
  return blocks;
}

}  // namespace

auto succeeded(WriteEnd end) noexcept -> bool {
  return end == WriteEnd::confirmed || end == WriteEnd::accepted;
}

auto to_text(WriteEnd end) noexcept -> std::string_view {
  switch (end) {
    case WriteEnd::confirmed: return "confirmed";
    case WriteEnd::accepted: return "accepted";
    case WriteEnd::refused: return "refused";
    case WriteEnd::not_taken: return "not taken";
    case WriteEnd::unanswered: return "unanswered";
    case WriteEnd::lost: return "lost";
    case WriteEnd::impossible: return "not written";
  }
  return "";
}

auto summary(const WriteTarget& target, const Wanted& wanted, const WriteReport& report)
    -> std::string {
  auto text = target.name + ": ";
  if (!report.before.empty()) {
    text += report.before + " -> ";
  }
  text += wanted.shown + ", " + std::string{to_text(report.end)};
  if (!succeeded(report.end) && !report.after.empty()) {
    text += ", shows " + report.after;
  }
  return text;
}

auto explain_refusal(std::uint8_t exception_code) -> std::string {
  const auto code = static_cast<wire::ExceptionCode>(exception_code);
  auto text = exception_text(exception_code);
  switch (code) {
    case wire::ExceptionCode::illegal_function:
      return text + ": it does not know this function; try the other one with --function";
    case wire::ExceptionCode::illegal_data_address:
      return text + ": it has no such register, or not for this function";
    case wire::ExceptionCode::illegal_data_value: return text + ": it does not take this value";
    case wire::ExceptionCode::server_device_failure:
      return text + ": it could not do it; it may be locked, or want a key to be pressed";
    case wire::ExceptionCode::server_device_busy: return text + ": it is busy; try again";
    default: return text;
  }
}

MeterWriter::MeterWriter(const boost::asio::any_io_executor& executor, MeterReader& reader,
                         const io::Clock& clock, const WriteTarget& target, LineMaker make_line,
                         MeterReader::Effort effort)
    : executor_{executor},
      reader_{reader},
      clock_{clock},
      target_{target},
      make_line_{std::move(make_line)},
      effort_{effort},
      pause_{executor, clock} {}

auto MeterWriter::here() const -> Site {
  return {.unit = target_.meter.unit_id, .serial = reader_.settings().serial};
}

auto MeterWriter::there(const Wanted& wanted) const -> Site {
  auto site = here();
  if (!target_.point) {
    return site;
  }
  const auto reach = reach_after(target_.meter.model->points[*target_.point], wanted.value);
  if (reach.unit_id) {
    site.unit = wire::UnitId{*reach.unit_id};
  }
  if (!is_serial()) {
    return site;  // what stands before the meter has a line of its own
  }
  if (reach.baud) {
    site.serial.baud = *reach.baud;
  }
  if (reach.format) {
    site.serial.parity = parity_of(reach.format->parity);
    site.serial.stop_bits = static_cast<std::uint8_t>(reach.format->stop_bits);
  }
  return site;
}

auto MeterWriter::is_serial() const -> bool {
  return reader_.settings().transport == Transport::rtu;
}

auto MeterWriter::describe(Site site) const -> std::string {
  auto text = "unit " + std::to_string(site.unit.value());
  if (is_serial()) {
    text += " with " + std::to_string(site.serial.baud) + " baud 8" +
            parity_letter(site.serial.parity) + std::to_string(site.serial.stop_bits);
  }
  return text;
}

auto MeterWriter::access() const -> model::Access {
  return target_.point ? target_.meter.model->points[*target_.point].access : model::Access{};
}

auto MeterWriter::look() -> boost::asio::awaitable<Seen> {
  auto found = co_await look_at(here(), effort_);
  co_return std::move(found.seen);
}

auto MeterWriter::look_at(Site site, MeterReader::Effort effort) -> boost::asio::awaitable<Found> {
  auto meter = target_.meter;
  meter.unit_id = site.unit;
  if (site.serial == here().serial) {
    auto found = co_await look_with(reader_, std::move(meter), effort);
    co_return found;
  }
  reader_.close();
  auto settings = reader_.settings();
  settings.serial = site.serial;
  auto line = make_line_(settings);
  MeterReader other{executor_, settings, std::move(line), clock_, MeterReader::Neighbours::none};
  auto found = co_await look_with(other, std::move(meter), effort);
  co_return found;
}

auto MeterWriter::look_with(MeterReader& reader, MeterSettings meter, MeterReader::Effort effort)
    -> boost::asio::awaitable<Found> {
  Found found;
  found.seen.outcome = Outcome::answered;
  for (const auto& request : target_.requests) {
    auto looked = co_await reader.look(meter, request, effort);
    if (looked.outcome != Outcome::answered) {
      found.seen.outcome = looked.outcome;
      found.seen.exception_code = looked.gathered.exception_code;
      found.seen.text = why_no_value(looked.outcome, looked.gathered.exception_code);
      co_return found;
    }
    found.gathered.push_back(std::move(looked.gathered));
  }
  decode(found);
  co_return found;
}

void MeterWriter::decode(Found& found) const {
  if (found.gathered.empty()) {
    return;
  }
  if (!target_.point) {
    found.seen.text = shown(target_.place, found.gathered.front().words);
    return;
  }
  const auto& model = *target_.meter.model;
  const auto blocks = blocks_of(found.gathered, model.points[*target_.point].alone);
  const std::vector<std::size_t> points{*target_.point};
  found.decoded = model::decode(model, *target_.meter.settings, points, blocks).front();
  found.seen.text = model::shown(model, *target_.meter.settings, *found.decoded);
}

auto MeterWriter::words_for(const Wanted& wanted, const std::vector<Gathered>& now) const
    -> wire::Result<model::Words, std::string> {
  if (!target_.point) {
    return wanted.words;
  }
  const auto& model = *target_.meter.model;
  const auto blocks = blocks_of(now, model.points[*target_.point].alone);
  auto words =
      model::words_to_write(model, *target_.meter.settings, *target_.point, wanted.value, blocks);
  if (!words) {
    return target_.name + " cannot be " + wanted.shown + ": " +
           std::string{model::to_text(words.error())};
  }
  return std::move(*words);
}

auto MeterWriter::is_taken(Site site) -> boost::asio::awaitable<bool> {
  // A device that is alone behind its TCP address often answers to any unit id.
  if (site.unit == here().unit || reader_.settings().transport == Transport::tcp) {
    co_return false;
  }
  Site there = here();
  there.unit = site.unit;
  const auto found = co_await look_at(there, MeterReader::Effort::once);
  co_return found.seen.outcome == Outcome::answered || found.seen.outcome == Outcome::failed;
}

auto MeterWriter::unlock(std::optional<reading::Decimal> password)
    -> boost::asio::awaitable<Looked> {
  const auto& lock = *target_.meter.model->writing.unlock;
  const auto text = reading::to_text(password.value_or(lock.password));
  auto words = model::words_of_value(text, lock.encoding);
  Looked looked;
  looked.outcome = Outcome::failed;
  if (!words) {
    co_return looked;
  }
  PlainPlace place;
  place.table = wire::Table::holding_register;
  place.first = lock.address;
  place.encoding = lock.encoding;
  place.function = target_.meter.model->writing.function;
  looked = co_await send(place, std::move(*words));
  co_return looked;
}

auto MeterWriter::send(PlainPlace place, model::Words words) -> boost::asio::awaitable<Looked> {
  Looked looked;
  bool any_taken = false;
  for (const auto& pdu : writes_of(place, words)) {
    looked = co_await reader_.write(target_.meter, pdu);
    if (looked.outcome != Outcome::answered) {
      if (any_taken) {
        looked.outcome =
            Outcome::silent;  // a part is written: what the meter has now is to be read
      }
      break;
    }
    any_taken = true;
  }
  co_return looked;
}

auto MeterWriter::write(Wanted wanted, std::optional<reading::Decimal> password)
    -> boost::asio::awaitable<WriteReport> {
  WriteReport report;
  const auto before = co_await look_at(here(), effort_);
  if (before.seen.outcome != Outcome::answered) {
    report.told = "nothing was written: " + before.seen.text;
    co_return report;
  }
  report.before = before.seen.text;
  auto words = words_for(wanted, before.gathered);
  if (!words) {
    report.told = words.error();
    co_return report;
  }
  const auto site = there(wanted);
  const bool taken = co_await is_taken(site);
  if (taken) {
    report.told = "nothing was written: unit " + std::to_string(site.unit.value()) +
                  " answers already; two meters would share it";
    co_return report;
  }
  if (!reader_.line().is_open()) {
    static_cast<void>(co_await reader_.connect());
  }
  if (access().locked) {
    const auto opened = co_await unlock(password);
    if (opened.outcome != Outcome::answered) {
      report.end = opened.outcome == Outcome::failed ? WriteEnd::refused : WriteEnd::unanswered;
      report.told = "the password was not taken, nothing was written: " +
                    why_no_value(opened.outcome, opened.gathered.exception_code) +
                    "; give it with --password";
      co_return report;
    }
  }
  const auto sent = co_await send(target_.place, std::move(*words));
  if (sent.outcome == Outcome::failed) {
    report.end = WriteEnd::refused;
    report.told = "the meter refuses it: " + explain_refusal(sent.gathered.exception_code);
    co_return report;
  }
  co_await verify(std::move(wanted), sent, report);
  co_return report;
}

auto MeterWriter::verify(Wanted wanted, Looked sent, WriteReport& report)
    -> boost::asio::awaitable<void> {
  if (access().write_only || access().momentary) {
    const bool acknowledged = sent.outcome == Outcome::answered;
    report.end = acknowledged ? WriteEnd::accepted : WriteEnd::unanswered;
    report.told = acknowledged ? "the meter acknowledges it; it cannot be read back"
                               : "the meter did not answer; whether it took it is not known";
    co_return;
  }
  const auto site = there(wanted);
  if (site != here()) {
    co_await verify_elsewhere(std::move(wanted), site, report);
    co_return;
  }
  auto found = co_await look_at(site, effort_);
  if (found.seen.outcome == Outcome::answered && !shows(wanted, found)) {
    co_await pause_.wait(clock_.now().instant + settling);
    found = co_await look_at(site, effort_);
  }
  judge_here(wanted, sent, found, report);
}

void MeterWriter::judge_here(const Wanted& wanted, const Looked& sent, const Found& found,
                             WriteReport& report) const {
  report.after = found.seen.text;
  if (found.seen.outcome != Outcome::answered) {
    report.end = WriteEnd::unanswered;
    report.told = "it cannot be read back: " + found.seen.text;
  } else if (shows(wanted, found)) {
    report.end = WriteEnd::confirmed;
    report.told = "the meter shows it";
    if (access().after_restart) {
      report.told += "; it may obey only once it has been restarted";
    }
  } else {
    report.end = WriteEnd::not_taken;
    report.told = std::string{sent.outcome == Outcome::answered ? "the meter acknowledged it"
                                                                : "the meter did not answer"} +
                  " and does not show it";
    const auto& hint = target_.meter.model->writing.hint;
    report.told += hint.empty() ? "; it may be locked, or round what is written" : ": " + hint;
  }
}

auto MeterWriter::verify_elsewhere(Wanted wanted, Site site, WriteReport& report)
    -> boost::asio::awaitable<void> {
  const bool stays = access().after_restart;
  std::optional<Found> old_place;
  for (int look = 0; look < 2 * looks_elsewhere; ++look) {
    if (look > 0 && look % 2 == 0) {
      co_await pause_.wait(clock_.now().instant + settling);
    }
    const bool at_old_place = (look % 2 == 0) == stays;
    const auto asked = at_old_place ? here() : site;
    auto found = co_await look_at(asked, MeterReader::Effort::once);
    if (found.seen.outcome != Outcome::answered) {
      continue;
    }
    if (!at_old_place) {
      report.end = shows(wanted, found) ? WriteEnd::confirmed : WriteEnd::not_taken;
      report.after = found.seen.text;
      report.told = "the meter answers as " + describe(site) + " now";
      co_return;
    }
    old_place = std::move(found);
    if (stays && shows(wanted, *old_place)) {
      break;
    }
  }
  judge_old_place(wanted, site, old_place, report);
}

void MeterWriter::judge_old_place(const Wanted& wanted, Site site,
                                  const std::optional<Found>& old_place,
                                  WriteReport& report) const {
  if (!old_place) {
    report.end = WriteEnd::lost;
    report.told = "the meter answers neither as " + describe(site) + " nor as " + describe(here()) +
                  ", as which it did before; restart it and ask for both";
    return;
  }
  const Looked acknowledged{.outcome = Outcome::answered, .gathered = {}};
  judge_here(wanted, acknowledged, *old_place, report);
  if (report.end == WriteEnd::confirmed) {
    report.end = WriteEnd::accepted;
    report.told = "the meter shows it and still answers as " + describe(here()) +
                  "; restart it, then it is " + describe(site);
  }
}

auto MeterWriter::shows(const Wanted& wanted, const Found& found) const -> bool {
  if (!target_.point) {
    return !found.gathered.empty() &&
           std::ranges::equal(found.gathered.front().words, wanted.words);
  }
  if (!found.decoded) {
    return false;
  }
  const auto* number = std::get_if<reading::Decimal>(&found.decoded->value);
  const auto* text = std::get_if<std::string>(&found.decoded->value);
  const auto* wanted_number = std::get_if<reading::Decimal>(&wanted.value);
  const auto* wanted_text = std::get_if<std::string>(&wanted.value);
  return (number != nullptr && wanted_number != nullptr && compare(*number, *wanted_number) == 0) ||
         (text != nullptr && wanted_text != nullptr && *text == *wanted_text);
}

}  // namespace bornier::app
