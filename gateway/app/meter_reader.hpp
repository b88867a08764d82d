// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_plan.hpp"
#include "app/owed_answers.hpp"
#include "app/wakeup.hpp"
#include "io/clock.hpp"
#include "io/line.hpp"
#include "modbus/bus_health.hpp"
#include "modbus/exchange.hpp"
#include "modbus/pipeline.hpp"
#include "modbus/schedule.hpp"
#include "model/sunspec.hpp"

namespace bornier::app {

/// What a bus did since the start.
struct BusFigures {
  std::uint64_t requests{};
  std::uint64_t answers{};
  std::uint64_t exceptions{};
  std::uint64_t timeouts{};
  std::uint64_t damaged{};  ///< answers with a wrong checksum, or cut short
  std::uint64_t foreign{};  ///< frames that answer something else: late, or of another unit
  std::uint64_t connections{};
  modbus::UnitsHealth units;
  std::string last_error;  ///< of the connection; empty once it has brought an answer
};

/// What came of one request: words, or a refusal with its code, or neither: silence.
struct Gathered {
  const Request* request{};
  std::vector<std::uint16_t> words;
  std::uint8_t exception_code{};
  bool lacking{};                     ///< the meter lacks the SunSpec model or the scan list
  reading::Now at;                    ///< when the last byte of the answer arrived, or was given up
  reading::Instant::duration took{};  ///< from the last time that it was asked until then

  [[nodiscard]] auto is_refused() const noexcept -> bool { return exception_code != 0; }
  [[nodiscard]] auto is_silent() const noexcept -> bool {
    return words.empty() && !is_refused() && !lacking;
  }
};
/// A scan list that was not the model's was written.
struct WrittenList {
  const MeterSettings* meter{};
  bool taken{};                   ///< the meter acknowledged it
  std::uint8_t exception_code{};  ///< 0: it did not refuse it
};
/// What came of a request that a person asks for. `failed`: the meter refused it.
struct Looked {
  modbus::Outcome outcome{};
  Gathered gathered;
};
/// All that were asked for, a bit as 0 or 1, or none.
[[nodiscard]] auto words_of(const modbus::Answer& answer, const Request& request)
    -> std::vector<std::uint16_t>;

/// Called at once when something has come, before the next request goes out.
using Arrived = std::function<void(const Gathered&)>;

/// What a poll makes way for, before each of its requests but the first.
using Between = std::function<boost::asio::awaitable<void>()>;

/// Asks meters over one line the way their models want to be asked: with pauses, repetitions and a
/// wake-up where one is needed. The one owner of the line.
class MeterReader {
 public:
  enum class Neighbours : std::uint8_t { waiting, none };
  /// How often a request is sent that gets no answer: as often as the model says, or once. A probe
  /// ends with it, and the next one asks the next request.
  enum class Effort : std::uint8_t { full, once, probe };

  /// `clock` is borrowed.
  MeterReader(const boost::asio::any_io_executor& executor, BusSettings settings,
              std::unique_ptr<io::Line> line, const io::Clock& clock,
              Neighbours neighbours = Neighbours::waiting);

  /// `figures().last_error` says it, too, if there is no connection.
  [[nodiscard]] auto connect() -> boost::asio::awaitable<wire::Result<void>>;

  /// Asks the requests in order until two in a row had no answer and none had one; unless
  /// the effort is full nothing is repeated. A meter that answers other requests is there: what it
  /// keeps silent on is told to `arrived` as silence, and asked rarely from then on. A connection
  /// that was closed while idle is opened again once. `requests` must stay where they are: what is
  /// known of each is kept.
  ///
  /// Where a meter of relative addresses has its SunSpec models is found out before its first
  /// request, some steps a poll; again after it was silent, and every ten minutes while it lacks
  /// one or refuses everything.
  ///
  /// With RTU frames a unit that owes an answer is not asked for something else before that has
  /// come or need not be expected any longer. Where neighbours wait, a meter of which nothing is
  /// heard is then not asked for the next thing at all, and the next poll begins with that.
  [[nodiscard]] auto read(const MeterSettings& meter, const std::vector<Request>& requests,
                          Effort effort, Arrived arrived, Between between = {})
      -> boost::asio::awaitable<modbus::Outcome>;

  /// What was written since the last call.
  [[nodiscard]] auto take_written_list() noexcept -> std::optional<WrittenList> {
    return std::exchange(written_list_, std::nullopt);
  }

  /// A meter that does not take several requests at once though its model says so: since the last
  /// call.
  [[nodiscard]] auto take_overtaxed() noexcept -> const MeterSettings* {
    return std::exchange(overtaxed_, nullptr);
  }

  /// One request out of turn; nothing of it is remembered, so it may go afterwards. A line that is
  /// closed is opened. Where neighbours wait, a unit that owes answers to other requests is
  /// `silent` without being asked.
  [[nodiscard]] auto look(const MeterSettings& meter, const Request& request, Effort effort)
      -> boost::asio::awaitable<Looked>;
  /// Sends a request that writes (wire::encode_request), once: whether the meter took it is to be
  /// read. `answered` where it acknowledges as well; `silent` also where a gateway says that it is.
  /// Unit 0, everybody's address, is never written: `failed`.
  [[nodiscard]] auto write(const MeterSettings& meter, const wire::Pdu& pdu)
      -> boost::asio::awaitable<Looked>;
  /// Scan lists may be written, of the meters for which the configuration says so. Otherwise a
  /// reader only reads.
  void let_write_scan_lists() noexcept { writes_scan_lists_ = true; }
  /// What is known of these requests is forgotten: they go.
  void forget(const std::vector<Request>& requests);
  /// The line is opened again by the next `look` or `connect`.
  void close() { line_->close(); }
  /// Goes on where the reader of the same line before this one ended: with what units still owe,
  /// how long they take, and what was counted.
  void continue_from(const MeterReader& before);
  /// For the reader after this one, which is at its end.
  [[nodiscard]] auto release_line() noexcept -> std::unique_ptr<io::Line> {
    return std::move(line_);
  }

  [[nodiscard]] auto line() const noexcept -> const io::Line& { return *line_; }
  [[nodiscard]] auto settings() const noexcept -> const BusSettings& { return settings_; }
  [[nodiscard]] auto figures() const noexcept -> const BusFigures& { return figures_; }

 private:
  /// How long an answer may take to its last byte: the time until its first one is the unit's own
  /// as it was of late, and at the longest the bus's or the model's; the rest is the line's.
  struct Patience {
    reading::Instant::duration usual;
    reading::Instant::duration longest;
  };
  enum class Attempt : std::uint8_t { answered, refused, silent, line_lost };
  [[nodiscard]] auto framing() const noexcept -> modbus::Framing {
    return settings_.transport == Transport::tcp ? modbus::Framing::tcp : modbus::Framing::rtu;
  }
  /// That a meter takes several requests at once.
  struct Trust {
    unsigned troubles{};            ///< in a row
    reading::Instant singly_until;  ///< it is asked one by one
  };
  /// What is known of a meter's scan list.
  struct ListState {
    bool ours{};                  ///< when it was read last, the model's
    reading::Instant write_from;  ///< not before
    reading::Instant::duration pause{};
  };
  /// The search for a meter's SunSpec models.
  struct Search {
    model::SunSpecWalk walk;
    reading::Instant ended;  ///< once the walk asks for nothing any more
  };
  /// A server may close a connection that was idle: that is no reason to miss a mark. Once only.
  [[nodiscard]] auto reopen(bool& reopened) -> boost::asio::awaitable<bool>;
  /// Goes on with the search; an outcome: it has not ended yet.
  [[nodiscard]] auto locate(const MeterSettings& meter, Effort effort)
      -> boost::asio::awaitable<std::optional<modbus::Outcome>>;
  [[nodiscard]] auto read_located(const MeterSettings& meter, const std::vector<Request>& requests,
                                  Effort effort, Arrived arrived, Between between)
      -> boost::asio::awaitable<modbus::Outcome>;
  /// Values count only under the model's scan list, so that is read after them.
  [[nodiscard]] auto read_scanned(const MeterSettings& meter, const std::vector<Request>& requests,
                                  Effort effort, Arrived arrived, Between between)
      -> boost::asio::awaitable<modbus::Outcome>;
  [[nodiscard]] auto read_scan_list(const MeterSettings& meter, Effort effort, Gathered& shown)
      -> boost::asio::awaitable<Attempt>;
  /// True: the meter took it. After a write that did not hold the next one waits, for up to an
  /// hour.
  [[nodiscard]] auto write_scan_list(const MeterSettings& meter) -> boost::asio::awaitable<bool>;
  /// What was found may hold no longer.
  void doubt(const MeterSettings& meter, modbus::Outcome outcome);
  [[nodiscard]] auto lacks(const MeterSettings& meter, const Request& request) const -> bool;
  /// The request is for values of a scan list, and the meter's is not known to be the model's.
  [[nodiscard]] auto shows_other_parameters(const MeterSettings& meter,
                                            const Request& request) const -> bool;
  [[nodiscard]] auto may_write_scan_list(const MeterSettings& meter) const -> bool;
  /// The request as it is sent.
  [[nodiscard]] auto read_of(const MeterSettings& meter, const Request& request) const
      -> wire::Read;
  [[nodiscard]] auto ask(const MeterSettings& meter, const Request& request, unsigned attempts,
                         Gathered& gathered) -> boost::asio::awaitable<Attempt>;
  /// What has come of requests that went out together; those that are not in it have to be asked
  /// one by one.
  using Together = std::map<const Request*, std::pair<Attempt, Gathered>>;
  /// How many of the requests go out at once.
  [[nodiscard]] auto in_flight(const MeterSettings& meter, Effort effort) const -> std::size_t;
  [[nodiscard]] auto ask_together(const MeterSettings& meter,
                                  const std::vector<const Request*>& requests)
      -> boost::asio::awaitable<Together>;
  void take_together(const modbus::Pipeline::Came& came, const Request& request,
                     modbus::UnitHealth& unit, Together& together);
  void note_trust(const MeterSettings& meter, bool all_came);
  [[nodiscard]] auto keep_pause(const MeterSettings& meter) -> boost::asio::awaitable<void>;
  /// Before they go out.
  void note_asked(modbus::UnitHealth& unit, std::size_t requests);
  /// Sends one request after the pause that the meter wants, and waits for its answer until `at`.
  [[nodiscard]] auto exchange(const MeterSettings& meter, const wire::Pdu& pdu,
                              reading::Instant::duration patience, reading::Now& at)
      -> boost::asio::awaitable<wire::Result<modbus::Answer>>;
  void note_owed(wire::UnitId unit, const wire::Read& read,
                 const wire::Result<modbus::Answer>& result, const Patience& patience);
  /// Lets what the unit owes arrive and throws it away, as far as `read` could be taken for it.
  /// False if the line was lost.
  [[nodiscard]] auto hear_out(wire::UnitId unit, const wire::Read& read)
      -> boost::asio::awaitable<bool>;
  void note_answer(modbus::UnitHealth& unit);
  void note_discarded(const modbus::Discarded& discarded, modbus::UnitHealth& unit);
  [[nodiscard]] auto patience_for(const model::Timing& timing, const modbus::UnitHealth& unit,
                                  const Request& request) const -> Patience;
  /// How long the line is busy with the answer.
  [[nodiscard]] auto length_of_answer(const Request& request) const -> reading::Instant::duration;
  [[nodiscard]] auto judge(const boost::system::error_code& error, modbus::UnitHealth& unit,
                           Gathered& gathered) -> Attempt;
  [[nodiscard]] static auto outcome_of(Attempt attempt) noexcept -> modbus::Outcome;
  [[nodiscard]] auto attempts_for(const MeterSettings& meter, bool once) const -> unsigned;

  BusSettings settings_;
  std::unique_ptr<io::Line> line_;
  const io::Clock& clock_;
  Neighbours neighbours_;
  Wakeup pause_;
  std::map<const MeterSettings*, reading::Instant> heard_;  ///< when it last answered
  reading::Instant quiet_since_;
  reading::Instant asked_;  ///< when the last request went out
  OwedAnswers owed_;        ///< with RTU frames
  /// By the first of its requests, the index at which the next poll begins, if it is another.
  std::map<const Request*, std::size_t> begin_at_;
  /// In how many polls in a row a request had no answer although another one had: in an outage none
  /// counts.
  std::map<const Request*, unsigned> silences_;
  std::map<const MeterSettings*, Search> searches_;  ///< of relative addresses
  std::map<const MeterSettings*, Trust> trust_;
  const MeterSettings* overtaxed_{};
  std::map<const MeterSettings*, ListState> lists_;
  bool writes_scan_lists_ = false;
  std::optional<WrittenList> written_list_;
  std::uint16_t transaction_{};
  BusFigures figures_;
};

}  // namespace bornier::app
