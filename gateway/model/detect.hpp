// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "model/model.hpp"
#include "model/plausible.hpp"
#include "model/sunspec.hpp"

/// Which model an unknown meter is of: the signs of [detect] first, then what it says of itself,
/// then its SunSpec models, and where none of these tells, what plausible values its registers
/// hold.
namespace bornier::model {

/// Registers to ask for, in one request.
struct RegistersQuestion {
  wire::Table table{};
  std::uint16_t first{};
  std::uint16_t count{};
  bool alone{};  ///< see Point::alone

  friend auto operator<=>(const RegistersQuestion&, const RegistersQuestion&) = default;
};
/// Read Device Identification, the regular category (objects 00 to 7F).
struct IdentificationQuestion {};
using Question = std::variant<RegistersQuestion, IdentificationQuestion>;

/// What a meter said of itself; empty where it said nothing.
struct Identification {
  std::string vendor;
  std::string product_code;
  std::string product_name;
  std::string model_name;
};

/// A model that the meter may be of, with the requests that its limits allow.
struct Hypothesis {
  std::shared_ptr<const Model> model;
  Settings settings;
  std::vector<std::size_t> points{};        ///< telling_points()
  std::vector<RegistersQuestion> values{};  ///< that read `points`
  std::vector<RegistersQuestion> serial{};  ///< that read the serial number; empty if there is none
  std::optional<RegistersQuestion> hole{};  ///< what the model says it refuses
};

/// The point that holds the meter's own serial number.
[[nodiscard]] auto serial_point(const Model& model) noexcept -> std::optional<std::size_t>;

enum class Certainty : std::uint8_t {
  certain,     ///< its own signs tell
  looks_like,  ///< its values are plausible
};

struct Candidate {
  const Model* model{};
  Certainty certainty{};
  double bits{};       ///< of evidence in values
  std::string reason;  ///< for people: "product_code is 341", "9 of 10 values plausible: …"
  std::string serial;  ///< empty: it has none, or does not tell
};

struct Verdict {
  /// Best first; empty if no model fits.
  std::vector<Candidate> candidates;
  /// So many of them fit equally well.
  std::size_t equals{};
  Identification identification;
  /// Where no model fits: those that only a sign speaks against, a sentence each.
  std::vector<std::string> doubts;
};

/// A machine: ask the meter for what next() names, tell it what came, until next() names nothing;
/// the verdict is then as good as it gets, and before that as good as it is.
class Detection {
 public:
  /// `hypotheses` is borrowed.
  explicit Detection(const std::vector<Hypothesis>& hypotheses);
  ~Detection() = default;
  Detection(const Detection&) = delete;  // the walk looks into this
  auto operator=(const Detection&) -> Detection& = delete;

  [[nodiscard]] auto next() const noexcept -> const std::optional<Question>& { return next_; }
  /// The words asked for, as many as were.
  void answered(std::vector<std::uint16_t> words);
  void identified(Identification identification);
  /// `function_unknown`: by exception 1.
  void refused(bool function_unknown);
  void silent();

  [[nodiscard]] auto verdict() const -> Verdict;

 private:
  enum class Signs : std::uint8_t { none, undecided, hold, contradict };
  /// What is known about one hypothesis.
  struct Opinion {
    Signs signs{};
    double bits{};
    std::size_t speak_for{};
    std::size_t speak_against{};

    [[nodiscard]] auto is_certain() const noexcept -> bool;
    [[nodiscard]] auto is_plausible() const noexcept -> bool;
  };
  using Words = std::vector<std::uint16_t>;
  /// Of a table: whether the meter has ever answered it, and how often it said it knows no such
  /// function.
  struct TableRecord {
    bool answered{};
    unsigned unknown{};
  };

  void advance();
  void remember(std::optional<Words> words);
  /// Nothing: not asked yet. No words: refused, or silence.
  [[nodiscard]] auto recall(const RegistersQuestion& question) const -> const std::optional<Words>*;
  [[nodiscard]] auto unanswered_sign() const -> std::optional<Question>;
  [[nodiscard]] auto unanswered_value() const -> std::optional<Question>;
  /// Of models that refuse nothing, before a meter that refuses nothing either.
  [[nodiscard]] auto unanswered_by_the_mute() const -> std::optional<Question>;
  [[nodiscard]] auto is_mute() const noexcept -> bool;
  [[nodiscard]] auto unanswered_hole() const -> std::optional<Question>;
  [[nodiscard]] auto unanswered_serial() const -> std::optional<Question>;

  /// Of those that the question is one of; without one, of all.
  void form_opinions(const RegistersQuestion* asked);
  [[nodiscard]] auto signs_of(const Hypothesis& hypothesis) const -> Signs;
  [[nodiscard]] auto identification_of(const Hypothesis& hypothesis) const -> Signs;
  [[nodiscard]] auto has_sunspec_models(const Model& model) const -> bool;
  [[nodiscard]] auto opinion_of(const Hypothesis& hypothesis) const -> Opinion;
  /// "frequency 50.02 Hz, voltage_l1_n 229.31 V": some of the values that speak for it.
  [[nodiscard]] auto examples_of(const Hypothesis& hypothesis) const -> std::string;
  /// Whether the first request of its values was refused, or what came speaks against it.
  [[nodiscard]] auto is_given_up(std::size_t index) const -> bool;
  [[nodiscard]] auto blocks_of(const Hypothesis& hypothesis,
                               std::span<const RegistersQuestion> questions) const
      -> std::vector<RegisterBlock>;
  /// Where the meter has what the model file has in this place.
  [[nodiscard]] auto located(const Hypothesis& hypothesis, RegistersQuestion question) const
      -> RegistersQuestion;
  [[nodiscard]] auto serial_of(const Hypothesis& hypothesis) const -> std::string;
  [[nodiscard]] auto candidate_of(const Hypothesis& hypothesis, const Opinion& opinion) const
      -> Candidate;
  [[nodiscard]] auto ranked() const -> std::vector<Candidate>;

  const std::vector<Hypothesis>* hypotheses_;
  std::vector<Opinion> opinions_;      ///< beside the hypotheses
  std::vector<SunSpecModel> sunspec_;  ///< all that hypotheses name, each once
  std::optional<SunSpecWalk> walk_;    ///< over sunspec_
  bool walking_{};
  unsigned walk_silences_{};
  std::map<RegistersQuestion, std::optional<Words>> answers_;
  std::map<wire::Table, TableRecord> tables_;
  std::optional<Identification> identification_;
  bool identification_asked_{};
  unsigned silences_{};
  bool refused_{};  ///< the meter has refused something
  std::optional<Question> next_;
};

/// How many of the candidates are as good as the first.
[[nodiscard]] auto equal_to_the_first(std::span<const Candidate> candidates) noexcept
    -> std::size_t;

}  // namespace bornier::model
