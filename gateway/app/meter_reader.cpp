// SPDX-License-Identifier: Apache-2.0
#include "app/meter_reader.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "io/run_exchange.hpp"
#include "modbus/fault_error_code.hpp"

namespace bornier::app {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds connect_timeout{2'000};
/// So many times in a row without an answer, from a meter that answers other requests: it does not
/// have these registers, and says nothing instead of an exception (UH50).
constexpr unsigned ignored_after = 3;
/// Then only every so many polls ask for them.
constexpr unsigned ask_ignored_every = 16;
/// Unit, function, byte count and checksum of an RTU answer.
constexpr std::size_t frame_overhead = 5;

auto is_ignored(unsigned silences) -> bool {
  return silences >= ignored_after;
}

/// The unit has said what it had to say, if not well: a late answer to this is not to be expected.
auto is_settled(const wire::Result<modbus::Answer>& result) -> bool {
  if (result) {
    return true;
  }
  const auto fault = modbus::fault_of(result.error());
  return fault && (*fault == modbus::Fault::bad_crc || modbus::exception_code(*fault));
}

}  // namespace

auto words_of(const modbus::Answer& answer, const Request& request) -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> words;
  if (!wire::is_bits(request.table)) {
    words.resize(request.count);
    words.resize(answer.registers(words));
  } else {
    const auto bits = answer.bits(request.count);
    for (std::size_t bit = 0; bit < bits.size(); ++bit) {
      words.push_back(bits[bit] ? 1 : 0);
    }
  }
  if (words.size() < request.count) {
    words.clear();
  }
  return words;
}

MeterReader::MeterReader(const boost::asio::any_io_executor& executor, BusSettings settings,
                         std::unique_ptr<io::Line> line, const io::Clock& clock,
                         Neighbours neighbours)
    : settings_{std::move(settings)},
      line_{std::move(line)},
      clock_{clock},
      neighbours_{neighbours},
      pause_{executor, clock} {}

void MeterReader::continue_from(const MeterReader& before) {
  quiet_since_ = before.quiet_since_;
  asked_ = before.asked_;
  owed_ = before.owed_;
  transaction_ = before.transaction_;
  figures_ = before.figures_;
}

auto MeterReader::connect() -> boost::asio::awaitable<wire::Result<void>> {
  auto connected = co_await line_->connect(clock_.now().instant + connect_timeout);
  if (!connected) {
    figures_.last_error = connected.error().message();
    co_return connected;
  }
  ++figures_.connections;
  co_return connected;
}

auto MeterReader::reopen(bool& reopened) -> boost::asio::awaitable<bool> {
  line_->close();
  if (std::exchange(reopened, true)) {
    co_return false;
  }
  const auto connected = co_await connect();
  co_return connected.has_value();
}

auto MeterReader::read(const MeterSettings& meter, const std::vector<Request>& requests,
                       Effort effort, Arrived arrived, Between between)
    -> boost::asio::awaitable<modbus::Outcome> {
  if (!meter.model->sunspec.empty()) {
    const auto hindrance = co_await locate(meter, effort);
    if (hindrance) {
      co_return *hindrance;
    }
  }
  if (meter.model->scan_list) {
    const auto scanned =
        co_await read_scanned(meter, requests, effort, std::move(arrived), std::move(between));
    co_return scanned;
  }
  const auto outcome =
      co_await read_located(meter, requests, effort, std::move(arrived), std::move(between));
  doubt(meter, outcome);
  co_return outcome;
}

auto MeterReader::read_located(const MeterSettings& meter, const std::vector<Request>& requests,
                               Effort effort, Arrived arrived, Between between)
    -> boost::asio::awaitable<modbus::Outcome> {
  bool any_answer = false;
  bool any_refusal = false;
  bool reopened = false;
  unsigned silent_in_a_row = 0;
  std::vector<Gathered> silent;
  const auto begin = requests.empty() ? 0 : begin_at_[&requests.front()];
  // What confirms the others comes after them, wherever these begin.
  const auto turning =
      static_cast<std::size_t>(std::ranges::count(requests, false, &Request::confirms));
  const auto index_of = [&](std::size_t place) {
    return place < turning ? (begin + place) % turning : place;
  };
  Together together;
  std::size_t asked_together = 0;  // places before this one
  for (std::size_t done = 0; done < requests.size();) {
    const auto index = index_of(done);
    const auto& request = requests[index];
    auto ready = together.find(&request);
    if (done > 0 && between && ready == together.end()) {
      co_await between();
    }
    auto& silence = silences_[&request];
    if (is_ignored(silence) && ++silence % ask_ignored_every != 0) {
      ++done;
      continue;
    }
    if (lacks(meter, request)) {
      any_refusal = true;
      arrived({.request = &request, .words = {}, .lacking = true, .at = clock_.now()});
      ++done;
      continue;
    }
    const bool nothing_heard = silent_in_a_row > 0 && !any_answer && !any_refusal;
    if (nothing_heard && neighbours_ == Neighbours::waiting &&
        owed_.before(meter.unit_id, read_of(meter, request), clock_.now().instant)) {
      co_return modbus::Outcome::silent;  // the wait would be its neighbours'
    }
    if (done >= asked_together && silent_in_a_row == 0 && in_flight(meter, effort) > 1) {
      const auto end = done < turning ? turning : requests.size();
      std::vector<const Request*> next;
      for (asked_together = done; asked_together < end && next.size() < in_flight(meter, effort);
           ++asked_together) {
        const auto& one = requests[index_of(asked_together)];
        if (!is_ignored(silences_[&one]) && !lacks(meter, one)) {
          next.push_back(&one);
        }
      }
      together = co_await ask_together(meter, next);
      ready = together.find(&request);
    }
    Gathered one;
    one.request = &request;
    Attempt attempt{};
    if (ready != together.end()) {
      std::tie(attempt, one) = std::move(ready->second);
    } else {
      const bool no_repetition = effort != Effort::full || silent_in_a_row > 0;
      attempt = co_await ask(meter, request, attempts_for(meter, no_repetition), one);
    }
    switch (attempt) {
      case Attempt::answered:
      case Attempt::refused:
        (attempt == Attempt::answered ? any_answer : any_refusal) = true;
        silence = 0;
        silent_in_a_row = 0;
        heard_[&meter] = one.at.instant;
        arrived(one);
        ++done;
        break;
      case Attempt::silent:
        silent.push_back(one);
        if (index < turning && (framing() == modbus::Framing::rtu || effort == Effort::probe)) {
          begin_at_[&requests.front()] = index + 1;
        }
        if (++silent_in_a_row >= (effort == Effort::probe ? 1U : 2U) && !any_answer &&
            !any_refusal) {
          co_return modbus::Outcome::silent;
        }
        ++done;
        break;
      case Attempt::line_lost: {
        const bool open = co_await reopen(reopened);
        if (!open) {
          co_return modbus::Outcome::bus_down;
        }
        break;
      }
    }
  }
  if (any_answer || any_refusal) {
    for (const auto& one : silent) {
      if (is_ignored(++silences_[one.request])) {
        arrived(one);
      }
    }
  }
  if (any_answer) {
    co_return modbus::Outcome::answered;
  }
  co_return any_refusal ? modbus::Outcome::failed : modbus::Outcome::silent;
}

auto MeterReader::attempts_for(const MeterSettings& meter, bool once) const -> unsigned {
  const auto& timing = meter.model->timing;
  const auto heard = heard_.find(&meter);
  const bool asleep =
      timing.sleeps_after.count() > 0 &&
      (heard == heard_.end() || clock_.now().instant - heard->second > timing.sleeps_after);
  return (once ? 1U : timing.attempts) + (asleep ? 1U : 0U);
}

auto MeterReader::ask(const MeterSettings& meter, const Request& request, unsigned attempts,
                      Gathered& gathered) -> boost::asio::awaitable<Attempt> {
  const auto& timing = meter.model->timing;
  const auto read = read_of(meter, request);
  const auto pdu = wire::encode_request(read);
  if (!pdu) {
    co_return Attempt::refused;  // the planner keeps within the specification: never seen
  }
  auto& unit = figures_.units[meter.unit_id.value()];
  Attempt outcome = Attempt::silent;
  for (unsigned attempt = 0; attempt < attempts && outcome == Attempt::silent; ++attempt) {
    if (!line_->is_open()) {
      co_return Attempt::line_lost;
    }
    const bool heard_out = co_await hear_out(meter.unit_id, read);
    if (!heard_out) {
      co_return Attempt::line_lost;
    }
    auto patience = patience_for(timing, unit, request);
    // A request may be slower than the unit's others.
    const auto silences = silences_.find(&request);
    if (attempt > 0 || (silences != silences_.end() && silences->second > 0)) {
      patience.usual = patience.longest;
    }
    const bool others_owed = owed_.owes(meter.unit_id, clock_.now().instant);
    const auto result = co_await exchange(meter, *pdu, patience.usual, gathered.at);
    gathered.took = gathered.at.instant - asked_;
    if (is_settled(result) && !others_owed) {
      unit.latencies.add(gathered.took - length_of_answer(request));
    }
    if (framing() == modbus::Framing::rtu) {
      note_owed(meter.unit_id, read, result, patience);
    }
    if (!result) {
      outcome = judge(result.error(), unit, gathered);
      if (settings_.transport == Transport::rtu_over_tcp && outcome == Attempt::silent) {
        // A converter may hold a late answer back for longer; most let it go with the connection.
        line_->close();
        const auto connected = co_await connect();
        if (!connected) {
          co_return Attempt::line_lost;
        }
      }
      continue;
    }
    gathered.words = words_of(*result, request);
    if (gathered.words.empty()) {
      continue;  // the end of a broadcast: nobody has answered
    }
    note_answer(unit);
    outcome = Attempt::answered;
  }
  co_return outcome;
}

auto MeterReader::keep_pause(const MeterSettings& meter) -> boost::asio::awaitable<void> {
  const auto ask_at = quiet_since_ + settings_.pause.value_or(meter.model->timing.pause);
  if (ask_at > clock_.now().instant) {
    co_await pause_.wait(ask_at);
  }
}

void MeterReader::note_asked(modbus::UnitHealth& unit, std::size_t requests) {
  asked_ = clock_.now().instant;
  unit.look(asked_);
  figures_.requests += requests;
  unit.requests += requests;
}

auto MeterReader::exchange(const MeterSettings& meter, const wire::Pdu& pdu,
                           reading::Instant::duration patience, reading::Now& at)
    -> boost::asio::awaitable<wire::Result<modbus::Answer>> {
  co_await keep_pause(meter);
  modbus::Exchange exchange{framing(), meter.unit_id, pdu, patience,
                            wire::TransactionId{++transaction_}};
  auto& unit = figures_.units[meter.unit_id.value()];
  note_asked(unit, 1);
  auto result = co_await io::run(exchange, *line_, clock_);
  at = clock_.now();
  quiet_since_ = at.instant;
  note_discarded(exchange.discarded(), unit);
  if (is_settled(result)) {
    unit.timeouts_in_a_row = 0;
  }
  co_return result;
}

void MeterReader::note_owed(wire::UnitId unit, const wire::Read& read,
                            const wire::Result<modbus::Answer>& result, const Patience& patience) {
  const bool line_lost = !result && !modbus::fault_of(result.error());
  if (is_settled(result)) {
    // It may be the answer to an earlier copy: then this one's, sent by now, is still owed.
    owed_.add(unit, read, quiet_since_, patience.usual, patience.longest);
    owed_.came(unit, read, quiet_since_);
  } else if (!line_lost) {
    owed_.add(unit, read, quiet_since_ - patience.usual, patience.usual, patience.longest);
  } else if (settings_.transport == Transport::rtu) {
    owed_.add(unit, read, quiet_since_, {}, {});  // with a connection its answer goes as well
  }
}

auto MeterReader::hear_out(wire::UnitId unit, const wire::Read& read)
    -> boost::asio::awaitable<bool> {
  for (;;) {
    const auto now = clock_.now().instant;
    const auto owed = owed_.before(unit, read, now);
    if (!owed) {
      co_return true;
    }
    const auto pdu = wire::encode_request(owed->read);  // it was one before
    modbus::Exchange exchange{modbus::Framing::rtu, unit, *pdu, owed->until - now};
    const auto result = co_await io::listen(exchange, *line_, clock_);
    auto& health = figures_.units[unit.value()];
    note_discarded(exchange.discarded(), health);
    if (is_settled(result)) {
      quiet_since_ = clock_.now().instant;
      ++figures_.foreign;
      ++health.late;
      owed_.came(unit, owed->read, quiet_since_);
    } else if (!modbus::fault_of(result.error())) {
      figures_.last_error = result.error().message();
      co_return false;
    }
  }
}

void MeterReader::note_answer(modbus::UnitHealth& unit) {
  ++figures_.answers;
  ++unit.answers;
  figures_.last_error.clear();
}

void MeterReader::note_discarded(const modbus::Discarded& discarded, modbus::UnitHealth& unit) {
  figures_.foreign += discarded.foreign + discarded.unfitting;
  figures_.damaged += discarded.damaged;
  unit.foreign += discarded.foreign + discarded.unfitting;
  unit.damaged += discarded.damaged;
  unit.stray += discarded.stray;
}

auto MeterReader::length_of_answer(const Request& request) const -> reading::Instant::duration {
  if (settings_.transport != Transport::rtu) {
    return {};
  }
  const std::size_t data =
      wire::is_bits(request.table) ? (request.count + 7U) / 8U : std::size_t{2} * request.count;
  return modbus::transmission_time(settings_.serial, frame_overhead + data);
}

auto MeterReader::patience_for(const model::Timing& timing, const modbus::UnitHealth& unit,
                               const Request& request) const -> Patience {
  const auto length = length_of_answer(request);
  const auto longest = settings_.timeout.value_or(timing.response_timeout);
  const auto usual =
      settings_.timeout ? reading::Instant::duration{longest} : modbus::patience(unit, longest);
  return {.usual = usual + length, .longest = longest + length};
}

auto MeterReader::judge(const boost::system::error_code& error, modbus::UnitHealth& unit,
                        Gathered& gathered) -> Attempt {
  const auto of_exchange = modbus::fault_of(error);
  if (!of_exchange) {
    figures_.last_error = error.message();
    return Attempt::line_lost;
  }
  const auto fault = *of_exchange;
  const auto code = modbus::exception_code(fault);
  if (code) {
    ++unit.exceptions[static_cast<std::uint8_t>(*code)];
  }
  if (fault == modbus::Fault::gateway_path_unavailable ||
      fault == modbus::Fault::gateway_target_silent) {
    ++figures_.timeouts;  // a gateway in front of the meter speaks for it
    return Attempt::silent;
  }
  if (code) {
    ++figures_.exceptions;
    gathered.exception_code = static_cast<std::uint8_t>(*code);
    return Attempt::refused;
  }
  if (fault == modbus::Fault::timeout) {
    ++figures_.timeouts;
    ++unit.timeouts;
  } else if (fault != modbus::Fault::bad_crc) {  // note_discarded has counted those
    ++figures_.damaged;
    ++unit.damaged;
  }
  ++unit.timeouts_in_a_row;
  if (modbus::remedy(fault) == modbus::Remedy::reconnect) {
    figures_.last_error = std::string{to_text(fault)};
    return Attempt::line_lost;
  }
  return Attempt::silent;
}

}  // namespace bornier::app
