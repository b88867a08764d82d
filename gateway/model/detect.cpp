// SPDX-License-Identifier: Apache-2.0
#include "model/detect.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "model/decode.hpp"
#include "model/detect_signs.hpp"

namespace bornier::model {
namespace {

/// A refused request speaks against a model that says it can be asked, but options differ.
constexpr double of_a_refusal = -4;
constexpr double of_a_missing_sign = -4;
/// One in a thousand contents of the same registers would look so plausible.
constexpr double enough_bits = 10;
constexpr double of_an_answered_hole = -5;
/// Candidates no further apart fit equally well.
constexpr double indistinguishable = 1.5;
constexpr unsigned is_no_function = 2;
constexpr std::size_t examples_shown = 2;

}  // namespace

auto Detection::Opinion::is_certain() const noexcept -> bool {
  return signs == Signs::hold && speak_against <= speak_for;
}

auto Detection::Opinion::is_plausible() const noexcept -> bool {
  return bits >= enough_bits && speak_against * 3 <= speak_for;
}

auto serial_point(const Model& model) noexcept -> std::optional<std::size_t> {
  for (std::size_t index = 0; index < model.points.size(); ++index) {
    const Point& point = model.points[index];
    if (point.quantity->name == "serial_number" && point.parts.empty()) {
      return index;
    }
  }
  return std::nullopt;
}

Detection::Detection(const std::vector<Hypothesis>& hypotheses) : hypotheses_{&hypotheses} {
  for (const Hypothesis& hypothesis : hypotheses) {
    for (const SunSpecModel& one : hypothesis.model->sunspec) {
      const auto known = std::ranges::find(sunspec_, one.id, &SunSpecModel::id);
      if (known == sunspec_.end()) {
        sunspec_.push_back(one);
      } else {
        known->registers = std::min(known->registers, one.registers);
      }
    }
  }
  if (!sunspec_.empty()) {
    walk_.emplace(sunspec_);
  }
  form_opinions(nullptr);
  advance();
}

void Detection::answered(std::vector<std::uint16_t> words) {
  if (walking_) {
    if (words.size() == sunspec_mark.size()) {
      walk_->answered({words[0], words[1]});
    } else {
      walk_->refused();
    }
    form_opinions(nullptr);
  } else {
    remember(std::move(words));
  }
  advance();
}

void Detection::identified(Identification identification) {
  identification_ = std::move(identification);
  identification_asked_ = true;
  form_opinions(nullptr);
  advance();
}

void Detection::refused(bool function_unknown) {
  refused_ = true;
  if (walking_) {
    walk_->refused();
  } else if (next_ && std::holds_alternative<RegistersQuestion>(*next_)) {
    tables_[std::get<RegistersQuestion>(*next_).table].unknown += function_unknown ? 1 : 0;
    remember(std::nullopt);
    if (function_unknown) {
      form_opinions(nullptr);  // other questions may be answered with it
    }
  } else {
    identification_asked_ = true;
  }
  advance();
}

void Detection::silent() {
  ++silences_;
  if (walking_) {
    ++walk_silences_;
    walk_->silent();
  } else if (next_ && std::holds_alternative<RegistersQuestion>(*next_)) {
    remember(std::nullopt);
  } else {
    identification_asked_ = true;
  }
  advance();
}

void Detection::remember(std::optional<Words> words) {
  if (!next_ || !std::holds_alternative<RegistersQuestion>(*next_)) {
    return;
  }
  const auto& question = std::get<RegistersQuestion>(*next_);
  if (words && words->size() != question.count) {
    words.reset();
  }
  tables_[question.table].answered |= words.has_value();
  answers_[question] = std::move(words);
  form_opinions(&question);
}

void Detection::form_opinions(const RegistersQuestion* asked) {
  opinions_.resize(hypotheses_->size());
  for (std::size_t index = 0; index < opinions_.size(); ++index) {
    const Hypothesis& hypothesis = (*hypotheses_)[index];
    const auto concerned = [&] {
      return asked == nullptr || hypothesis.hole == *asked ||
             std::ranges::find(hypothesis.values, *asked) != hypothesis.values.end() ||
             std::ranges::any_of(hypothesis.model->detect.signs,
                                 [asked](const Sign& sign) { return question_of(sign) == *asked; });
    };
    if (concerned()) {
      opinions_[index] = opinion_of(hypothesis);
    }
  }
}

auto Detection::recall(const RegistersQuestion& question) const -> const std::optional<Words>* {
  static const std::optional<Words> refusal;
  if (const auto found = answers_.find(question); found != answers_.end()) {
    return &found->second;
  }
  const auto table = tables_.find(question.table);
  const bool is_dead =
      table != tables_.end() && !table->second.answered && table->second.unknown >= is_no_function;
  return is_dead ? &refusal : nullptr;
}

auto Detection::signs_of(const Hypothesis& hypothesis) const -> Signs {
  const Model& model = *hypothesis.model;
  if (!model.sunspec.empty()) {
    return has_sunspec_models(model) ? Signs::hold : Signs::contradict;
  }
  const auto said = identification_of(hypothesis);
  std::size_t hold = 0;
  for (const Sign& sign : model.detect.signs) {
    const auto* words = recall(question_of(sign));
    const auto told = words != nullptr && *words ? holds(sign, **words) : std::nullopt;
    if (told && !*told) {
      return Signs::contradict;
    }
    hold += told ? 1U : 0U;
  }
  if (said == Signs::hold || said == Signs::contradict) {
    return said;
  }
  if (model.detect.signs.empty()) {
    return said;
  }
  return hold == model.detect.signs.size() ? Signs::hold : Signs::undecided;
}

auto Detection::identification_of(const Hypothesis& hypothesis) const -> Signs {
  const auto& patterns = hypothesis.model->detect.identification;
  if (patterns.empty()) {
    return Signs::none;
  }
  const auto fits = identification_ ? fit(patterns, *identification_) : std::nullopt;
  if (!fits) {
    return Signs::undecided;
  }
  return *fits ? Signs::hold : Signs::contradict;
}

auto Detection::has_sunspec_models(const Model& model) const -> bool {
  return walk_ && std::ranges::all_of(model.sunspec, [this](const SunSpecModel& one) {
           const auto known = std::ranges::find(sunspec_, one.id, &SunSpecModel::id);
           return known != sunspec_.end() &&
                  walk_->found()[static_cast<std::size_t>(known - sunspec_.begin())].has_value();
         });
}

auto Detection::opinion_of(const Hypothesis& hypothesis) const -> Opinion {
  Opinion opinion;
  opinion.signs = signs_of(hypothesis);
  if (!hypothesis.model->sunspec.empty()) {
    return opinion;
  }
  for (const Sign& sign : hypothesis.model->detect.signs) {
    const auto* words = recall(question_of(sign));
    const bool untold = words != nullptr && (!*words || !holds(sign, **words));
    opinion.bits += untold ? of_a_missing_sign : 0;
  }
  for (const RegistersQuestion& question : hypothesis.values) {
    const auto* words = recall(question);
    opinion.bits += words != nullptr && !*words ? of_a_refusal : 0;
  }
  if (hypothesis.hole) {
    const auto* words = recall(*hypothesis.hole);
    opinion.bits += words != nullptr && *words ? of_an_answered_hole : 0;
  }
  const auto blocks = blocks_of(hypothesis, hypothesis.values);
  for (const auto point : hypothesis.points) {
    const auto evidence = evidence_of(*hypothesis.model, hypothesis.settings, point, blocks);
    opinion.bits += evidence.bits;
    opinion.speak_for += evidence.judgement == Judgement::speaks_for ? 1U : 0U;
    opinion.speak_against += evidence.judgement == Judgement::speaks_against ? 1U : 0U;
  }
  return opinion;
}

auto Detection::examples_of(const Hypothesis& hypothesis) const -> std::string {
  const Model& model = *hypothesis.model;
  const auto blocks = blocks_of(hypothesis, hypothesis.values);
  std::set<std::string_view> shown;
  std::string examples;
  for (const auto point : hypothesis.points) {
    const auto evidence = evidence_of(model, hypothesis.settings, point, blocks);
    if (evidence.judgement != Judgement::speaks_for || shown.size() == examples_shown ||
        !shown.insert(model.points[point].quantity->name).second) {
      continue;
    }
    const std::array points{point};
    const auto decoded = decode(model, hypothesis.settings, points, blocks).front();
    examples += (examples.empty() ? "" : ", ") + model.points[point].name + " " +
                to_text(model, hypothesis.settings, decoded);
  }
  return examples;
}

auto Detection::blocks_of(const Hypothesis& hypothesis,
                          std::span<const RegistersQuestion> questions) const
    -> std::vector<RegisterBlock> {
  std::vector<RegisterBlock> blocks;
  for (const RegistersQuestion& question : questions) {
    const auto* words = recall(located(hypothesis, question));
    if (words != nullptr && *words) {
      blocks.push_back({question.table, question.first, **words, question.alone});
    }
  }
  return blocks;
}

auto Detection::located(const Hypothesis& hypothesis, RegistersQuestion question) const
    -> RegistersQuestion {
  const Model& model = *hypothesis.model;
  const auto index = sunspec_model_at(model, question.first);
  if (!walk_ || !index) {
    return question;
  }
  const auto known = std::ranges::find(sunspec_, model.sunspec[*index].id, &SunSpecModel::id);
  const auto found = walk_->found()[static_cast<std::size_t>(known - sunspec_.begin())];
  if (found) {
    question.first =
        static_cast<std::uint16_t>(question.first - model.sunspec[*index].first + *found);
  }
  return question;
}

auto Detection::serial_of(const Hypothesis& hypothesis) const -> std::string {
  const auto point = serial_point(*hypothesis.model);
  if (!point) {
    return {};
  }
  const auto blocks = blocks_of(hypothesis, hypothesis.serial);
  const std::array points{*point};
  const auto decoded = decode(*hypothesis.model, hypothesis.settings, points, blocks).front();
  const auto* text = std::get_if<std::string>(&decoded.value);
  const bool is_set = text != nullptr && text->find_first_not_of("0 ") != std::string::npos;
  return is_set ? *text : std::string{};
}

auto Detection::candidate_of(const Hypothesis& hypothesis, const Opinion& opinion) const
    -> Candidate {
  Candidate candidate;
  candidate.model = hypothesis.model.get();
  candidate.bits = opinion.bits;
  candidate.certainty = opinion.is_certain() ? Certainty::certain : Certainty::looks_like;
  if (candidate.certainty == Certainty::certain) {
    candidate.reason =
        reason_of(*hypothesis.model,
                  identification_of(hypothesis) == Signs::hold ? identification_ : std::nullopt);
    for (const Sign& sign : hypothesis.model->detect.signs) {
      const auto* words = recall(question_of(sign));
      if (words != nullptr && *words && holds(sign, **words)) {
        candidate.reason +=
            (candidate.reason.empty() ? "" : ", ") + reason_of(*hypothesis.model, sign, **words);
      }
    }
  } else {
    candidate.reason = std::to_string(opinion.speak_for) + " of " +
                       std::to_string(opinion.speak_for + opinion.speak_against) +
                       " values plausible: " + examples_of(hypothesis);
  }
  candidate.serial = serial_of(hypothesis);
  return candidate;
}

auto Detection::ranked() const -> std::vector<Candidate> {
  std::vector<Candidate> candidates;
  for (std::size_t index = 0; index < opinions_.size(); ++index) {
    const Hypothesis& hypothesis = (*hypotheses_)[index];
    const Opinion& opinion = opinions_[index];
    if (opinion.signs != Signs::contradict && (opinion.is_certain() || opinion.is_plausible())) {
      candidates.push_back(candidate_of(hypothesis, opinion));
    }
  }
  std::erase_if(candidates, [&candidates](const Candidate& one) {
    return std::ranges::any_of(candidates, [&one](const Candidate& other) {
      return is_part_of(one.model->sunspec, other.model->sunspec);
    });
  });
  const auto refuses_nothing = [](const Candidate& one) {
    return !one.model->timing.answers_exceptions;
  };
  if (is_mute() && std::ranges::any_of(candidates, refuses_nothing)) {
    std::erase_if(candidates, std::not_fn(refuses_nothing));
  }
  const bool is_told = std::ranges::any_of(
      candidates, [](const Candidate& one) { return one.certainty == Certainty::certain; });
  std::erase_if(candidates, [is_told](const Candidate& one) {
    return is_told && one.certainty != Certainty::certain;
  });
  std::ranges::stable_sort(candidates, [](const Candidate& left, const Candidate& right) {
    return std::tuple{left.certainty, -left.bits} < std::tuple{right.certainty, -right.bits};
  });
  return candidates;
}

auto Detection::verdict() const -> Verdict {
  Verdict verdict;
  verdict.candidates = ranked();
  verdict.equals = equal_to_the_first(verdict.candidates);
  verdict.identification = identification_.value_or(Identification{});
  for (std::size_t index = 0; index < opinions_.size(); ++index) {
    const Hypothesis& hypothesis = (*hypotheses_)[index];
    const Opinion& opinion = opinions_[index];
    if (!verdict.candidates.empty() || opinion.signs != Signs::contradict ||
        !opinion.is_plausible()) {
      continue;
    }
    std::string doubt = "values would fit " + hypothesis.model->id;
    for (const Sign& sign : hypothesis.model->detect.signs) {
      const auto* words = recall(question_of(sign));
      if (words != nullptr && *words && !holds(sign, **words).value_or(true)) {
        doubt += ", but " + reason_of(*hypothesis.model, sign, **words);
      }
    }
    verdict.doubts.push_back(std::move(doubt));
  }
  return verdict;
}

auto equal_to_the_first(std::span<const Candidate> candidates) noexcept -> std::size_t {
  std::size_t equals = 0;
  while (equals < candidates.size() &&
         candidates[equals].certainty == candidates.front().certainty &&
         (candidates.front().certainty == Certainty::certain ||
          candidates.front().bits - candidates[equals].bits <= indistinguishable)) {
    ++equals;
  }
  return equals;
}

}  // namespace bornier::model
