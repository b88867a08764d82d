// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/meter_reader.hpp"
#include "app/wakeup.hpp"
#include "app/write_target.hpp"

namespace bornier::app {

/// What a target holds now.
struct Seen {
  modbus::Outcome outcome{};
  std::uint8_t exception_code{};  ///< with `failed`
  std::string text;               ///< the value, or why there is none, for people
};

/// How a write ended.
enum class WriteEnd : std::uint8_t {
  confirmed,   ///< the meter shows the value
  accepted,    ///< acknowledged; what it is worth cannot be read, or shows after a restart
  refused,     ///< with an exception
  not_taken,   ///< acknowledged or not, the meter shows another value
  unanswered,  ///< nothing is known of it
  lost,        ///< it was to be found elsewhere and is found nowhere
  impossible,  ///< not sent
};
[[nodiscard]] auto succeeded(WriteEnd end) noexcept -> bool;
/// "confirmed", "not taken" …
[[nodiscard]] auto to_text(WriteEnd end) noexcept -> std::string_view;

struct WriteReport {
  WriteEnd end = WriteEnd::impossible;
  std::string before;  ///< as Seen::text; empty of what cannot be read
  std::string after;   ///< the same; empty where it was not read
  std::string told;    ///< a sentence for people: what happened and what to do
};

/// "network_node (holding register 40021): 1 -> 5, confirmed": for people and for the stream.
[[nodiscard]] auto summary(const WriteTarget& target, const Wanted& wanted,
                           const WriteReport& report) -> std::string;

/// "exception 3 (illegal data value): it does not take this value".
[[nodiscard]] auto explain_refusal(std::uint8_t exception_code) -> std::string;

/// Writes one value of a meter and reads it back.
class MeterWriter {
 public:
  using LineMaker = std::function<std::unique_ptr<io::Line>(const BusSettings&)>;

  /// `reader`, `clock` and `target` are borrowed. `make_line` makes another line where the value
  /// sets bit rate or format; the reader's is closed before, and may be closed afterwards. `effort`
  /// is that of reading.
  MeterWriter(const boost::asio::any_io_executor& executor, MeterReader& reader,
              const io::Clock& clock, const WriteTarget& target, LineMaker make_line,
              MeterReader::Effort effort = MeterReader::Effort::full);

  [[nodiscard]] auto look() -> boost::asio::awaitable<Seen>;

  /// Nothing is written unless the meter answers before (a write-only point cannot). A password of
  /// its own opens a locked point instead of the maker's.
  [[nodiscard]] auto write(Wanted wanted, std::optional<reading::Decimal> password)
      -> boost::asio::awaitable<WriteReport>;

 private:
  /// Where the meter is asked.
  struct Site {
    wire::UnitId unit;
    modbus::SerialFormat serial;
    friend auto operator==(const Site&, const Site&) noexcept -> bool = default;
  };
  struct Found {
    Seen seen;
    std::vector<Gathered> gathered;
    std::optional<model::Decoded> decoded;  ///< of a point
  };

  [[nodiscard]] auto here() const -> Site;
  /// Where the value moves the meter to; `here` if it does not.
  [[nodiscard]] auto there(const Wanted& wanted) const -> Site;
  [[nodiscard]] auto look_at(Site site, MeterReader::Effort effort)
      -> boost::asio::awaitable<Found>;
  [[nodiscard]] auto look_with(MeterReader& reader, MeterSettings meter, MeterReader::Effort effort)
      -> boost::asio::awaitable<Found>;
  void decode(Found& found) const;
  [[nodiscard]] auto words_for(const Wanted& wanted, const std::vector<Gathered>& now) const
      -> wire::Result<model::Words, std::string>;
  /// Another meter that answers where this one would go; false: none, or none can be told.
  [[nodiscard]] auto is_taken(Site site) -> boost::asio::awaitable<bool>;
  [[nodiscard]] auto unlock(std::optional<reading::Decimal> password)
      -> boost::asio::awaitable<Looked>;
  [[nodiscard]] auto send(PlainPlace place, model::Words words) -> boost::asio::awaitable<Looked>;
  /// Fills end, after and told by what can be read afterwards.
  [[nodiscard]] auto verify(Wanted wanted, Looked sent, WriteReport& report)
      -> boost::asio::awaitable<void>;
  [[nodiscard]] auto verify_elsewhere(Wanted wanted, Site site, WriteReport& report)
      -> boost::asio::awaitable<void>;
  void judge_old_place(const Wanted& wanted, Site site, const std::optional<Found>& old_place,
                       WriteReport& report) const;
  void judge_here(const Wanted& wanted, const Looked& sent, const Found& found,
                  WriteReport& report) const;
  [[nodiscard]] auto shows(const Wanted& wanted, const Found& found) const -> bool;
  [[nodiscard]] auto access() const -> model::Access;
  [[nodiscard]] auto is_serial() const -> bool;
  [[nodiscard]] auto describe(Site site) const -> std::string;

  boost::asio::any_io_executor executor_;
  MeterReader& reader_;
  const io::Clock& clock_;
  const WriteTarget& target_;
  LineMaker make_line_;
  MeterReader::Effort effort_;
  Wakeup pause_;
};

}  // namespace bornier::app
