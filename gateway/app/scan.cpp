// SPDX-License-Identifier: Apache-2.0
#include "app/scan.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "app/hypotheses.hpp"
#include "app/scan_options.hpp"
#include "app/serial_port.hpp"
#include "wire/device_identification.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

/// Of a damaged answer, and of the first silence.
constexpr unsigned attempts = 3;
/// A meter that answers quickly need not be waited for long where it says nothing.
constexpr int patience_in_answers = 4;
constexpr reading::Instant::duration least_patience = 300ms;
/// Beyond it a list of objects has no end.
constexpr unsigned most_identification_requests = 8;

auto words_of(const modbus::Answer& answer) -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> words(answer.registers().size());
  answer.registers(words);
  return words;
}

auto text_of(std::span<const std::byte> bytes) -> std::string {
  std::string text;
  for (const auto byte : bytes) {
    const auto letter = std::to_integer<unsigned char>(byte);
    text += letter >= ' ' && letter <= '~' ? static_cast<char>(letter) : ' ';
  }
  while (!text.empty() && text.back() == ' ') {
    text.pop_back();
  }
  return text;
}

void take(const wire::DeviceObjects& objects, model::Identification& said) {
  for (std::size_t index = 0; index < objects.size(); ++index) {
    const auto object = objects[index];
    switch (object.id) {
      case 0: said.vendor = text_of(object.value); break;
      case 1: said.product_code = text_of(object.value); break;
      case 4: said.product_name = text_of(object.value); break;
      case 5: said.model_name = text_of(object.value); break;
      default: break;
    }
  }
}

auto wire_request(const model::Question& question) -> wire::Request {
  if (const auto* read = std::get_if<model::RegistersQuestion>(&question)) {
    return wire::Read{read->table, wire::RegisterAddress{read->first}, read->count};
  }
  return wire::ReadDeviceIdentification{wire::DeviceIdentificationCode::regular, 0};
}

}  // namespace

Scan::Scan(const boost::asio::any_io_executor& executor, const io::Clock& clock,
           ScanSettings settings, ScanProgress& progress)
    : clock_{clock},
      progress_{progress},
      settings_{std::move(settings)},
      hypotheses_{hypotheses_of(settings_.models)},
      sweep_{settings_.plan},
      asker_{executor, clock, settings_.bus, settings_.make_line} {
  report_.bus = settings_.bus;
  // Behind Modbus TCP the silence on the line is the gateway's business.
  const bool own_line = settings_.bus.transport != Transport::tcp;
  for (const auto& model : own_line ? settings_.models : decltype(settings_.models){}) {
    pause_ = std::max<reading::Instant::duration>(pause_, model->timing.pause);
  }
}

auto Scan::run() -> boost::asio::awaitable<bool> {
  bool second_look = false;
  while (const auto question = sweep_.next()) {
    if (sweep_.is_second_look() && !std::exchange(second_look, true)) {
      progress_.say("now a second, longer look for slow meters; Ctrl-C ends with what was found");
    }
    progress_.show(sweep_, doing(*question), clock_.now().instant);
    const auto format = sweep_.format_of(*question);
    const auto opened = co_await asker_.open(format);
    if (!opened) {
      progress_.say(why_not_connected(asker_.bus(), asker_.line().name(), opened.error()));
      co_return false;
    }
    wire::Request request = settings_.question;
    if (question->wakes) {
      request = wire::Read{wire::Table::input_register, wire::RegisterAddress{0}, 2};
    }
    const auto reply = co_await asker_.ask(question->unit, request, question->patience);
    if (!reply) {
      progress_.say(asker_.line().name() + ": the connection was lost: " + reply.error().message());
      co_return false;
    }
    const auto known = sweep_.found().size();
    sweep_.heard(reply->heard());
    if (sweep_.found().size() == known) {
      continue;
    }
    ScannedUnit unit;
    unit.format = format;
    unit.unit = question->unit.value();
    report_.units.push_back(std::move(unit));
    slowest_ = reply->took;
    const auto identified = co_await identify();
    if (!identified) {
      progress_.say(asker_.line().name() +
                    ": the connection was lost: " + identified.error().message());
      co_return false;
    }
  }
  progress_.clear();
  merge_echoes();
  co_return true;
}

void Scan::merge_echoes() {
  constexpr std::size_t suspicious = 4;
  auto& units = report_.units;
  const auto model_of = [](const ScannedUnit& unit) -> const model::Model* {
    return unit.verdict.candidates.empty() ? nullptr : unit.verdict.candidates.front().model;
  };
  const bool everybody = units.size() == settings_.plan.units.size() && units.size() >= suspicious;
  if (settings_.bus.transport == Transport::tcp && everybody &&
      std::ranges::all_of(units, [&](const ScannedUnit& unit) {
        return model_of(unit) == model_of(units.front());
      })) {
    units.resize(1);
    report_.answers_any_unit = true;
  }
}

auto Scan::report() const -> ScanReport {
  auto report = report_;
  if (!report.units.empty() && !report.units.back().identified && detection_) {
    report.units.back().verdict = detection_->verdict();
  }
  return report;
}

auto Scan::identify() -> boost::asio::awaitable<wire::Result<void>> {
  const auto index = report_.units.size() - 1;
  const wire::UnitId id{report_.units[index].unit};
  detection_.emplace(hypotheses_);
  silences_ = 0;
  while (detection_->next()) {
    progress_.show(sweep_, "unit " + std::to_string(id.value()) + ": which model?",
                   clock_.now().instant);
    const auto question = *detection_->next();
    const auto asked = co_await ask(question, id);
    if (!asked) {
      co_return asked;
    }
  }
  auto& unit = report_.units[index];
  unit.verdict = detection_->verdict();
  unit.identified = true;
  auto line = "unit " + std::to_string(unit.unit) +
              (settings_.bus.transport == Transport::rtu ? " at " + to_text(unit.format) : "") +
              ": " + certainty_of(unit);
  if (!unit.verdict.candidates.empty()) {
    line += " " + unit.verdict.candidates.front().model->id;
  }
  if (const auto* same = is_same_meter(unit)) {
    line += ", the meter that answers as unit " + std::to_string(same->unit) + " too";
    report_.units.pop_back();
  }
  progress_.say(line);
  co_return wire::ok();
}

auto Scan::ask(const model::Question& question, wire::UnitId unit)
    -> boost::asio::awaitable<wire::Result<void>> {
  auto request = wire_request(question);
  model::Identification said;
  unsigned follow_ups = 0;
  for (unsigned attempt = 1;; ++attempt) {
    const auto reply = co_await asker_.ask(unit, request, patience(), pause_);
    if (!reply) {
      co_return reply.error();
    }
    if (reply->answer) {
      slowest_ = std::max(slowest_, reply->took);
      if (std::holds_alternative<model::RegistersQuestion>(question)) {
        detection_->answered(words_of(*reply->answer));
        break;
      }
      const auto response = wire::decode_response(request, reply->answer->pdu());
      const auto* part = response ? std::get_if<wire::DeviceIdentification>(&*response) : nullptr;
      if (part != nullptr) {
        take(part->objects, said);
        const auto& identify = std::get<wire::ReadDeviceIdentification>(request);
        const auto next = wire::continued(identify, *part);
        if (next && ++follow_ups < most_identification_requests) {
          request = *next;
          attempt = 0;
          continue;
        }
      }
      detection_->identified(said);
      break;
    }
    if (reply->is_refusal()) {
      slowest_ = std::max(slowest_, reply->took);
      detection_->refused(reply->fault == modbus::Fault::illegal_function);
      break;
    }
    const auto heard = reply->heard();
    const bool damaged = heard == modbus::Heard::damage || heard == modbus::Heard::noise;
    if (attempt >= attempts || (!damaged && silences_ > 0)) {
      ++silences_;
      detection_->silent();
      break;
    }
  }
  co_return wire::ok();
}

auto Scan::patience() const -> reading::Instant::duration {
  return std::clamp(patience_in_answers * slowest_, std::min(least_patience, settings_.plan.full),
                    settings_.plan.full);
}

auto Scan::doing(const modbus::Sweep::Question& question) const -> std::string {
  const auto unit = "unit " + std::to_string(question.unit.value());
  return settings_.bus.transport == Transport::rtu
             ? to_text(sweep_.format_of(question)) + ", " + unit
             : unit;
}

auto Scan::is_same_meter(const ScannedUnit& one) const -> const ScannedUnit* {
  const auto serial_of = [](const ScannedUnit& unit) {
    return unit.verdict.candidates.empty() ? std::string{} : unit.verdict.candidates.front().serial;
  };
  // Units of a serial line are different meters, even if their maker gave them one number.
  const bool one_behind_all = settings_.bus.transport != Transport::rtu;
  for (const auto& other : report_.units) {
    if (&other != &one && (one_behind_all || other.unit == one.unit) && !serial_of(one).empty() &&
        serial_of(other) == serial_of(one) &&
        other.verdict.candidates.front().model == one.verdict.candidates.front().model) {
      return &other;
    }
  }
  return nullptr;
}

}  // namespace bornier::app
