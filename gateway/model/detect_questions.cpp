// SPDX-License-Identifier: Apache-2.0
// What Detection asks next.
#include <algorithm>

#include "model/detect.hpp"
#include "model/detect_signs.hpp"

namespace bornier::model {
namespace {

/// Up to here it is looked whether what the model refuses is refused: few registers are easily
/// plausible.
constexpr double little_evidence = 16;
/// What speaks so much against a model is not outweighed by the rest of its values.
constexpr double hopeless = -10;
constexpr unsigned most_walk_silences = 3;
constexpr unsigned is_no_accident = 2;

}  // namespace

void Detection::advance() {
  walking_ = false;
  next_ = unanswered_by_the_mute();
  bool mute_is_known = false;
  for (std::size_t index = 0; index < opinions_.size(); ++index) {
    mute_is_known |= is_mute() && opinions_[index].is_plausible() &&
                     !(*hypotheses_)[index].model->timing.answers_exceptions;
  }
  if (!next_ && mute_is_known) {  // all others would have refused something
    next_ = unanswered_serial();
    return;
  }
  if (!next_) {
    next_ = unanswered_sign();
  }
  if (!next_ && !identification_asked_) {
    next_ = IdentificationQuestion{};
  }
  bool is_told = false;
  for (std::size_t index = 0; index < opinions_.size(); ++index) {
    is_told |=
        opinions_[index].signs == Signs::hold && (*hypotheses_)[index].model->sunspec.empty();
  }
  if (!next_ && walk_ && walk_->next() && walk_silences_ < most_walk_silences && !is_told) {
    walking_ = true;
    next_ = RegistersQuestion{wire::Table::holding_register, *walk_->next(),
                              static_cast<std::uint16_t>(sunspec_mark.size()), false};
  }
  if (!next_) {
    next_ = unanswered_value();
  }
  if (!next_) {
    next_ = unanswered_hole();
  }
  if (!next_) {
    next_ = unanswered_serial();
  }
}

auto Detection::unanswered_sign() const -> std::optional<Question> {
  for (std::size_t index = 0; index < opinions_.size(); ++index) {
    if (opinions_[index].signs == Signs::contradict) {
      continue;
    }
    for (const Sign& sign : (*hypotheses_)[index].model->detect.signs) {
      const auto question = question_of(sign);
      if (recall(question) == nullptr) {
        return question;
      }
    }
  }
  return std::nullopt;
}

/// Of the models whose signs hold first; if values confirm one of them, no other is asked. Those
/// that a sign contradicts come last, and only if nothing else fits.
auto Detection::unanswered_value() const -> std::optional<Question> {
  const auto next_of = [this](auto concerns) -> std::optional<Question> {
    for (std::size_t index = 0; index < opinions_.size(); ++index) {
      const Hypothesis& hypothesis = (*hypotheses_)[index];
      if (!hypothesis.model->sunspec.empty() || !concerns(opinions_[index].signs)) {
        continue;
      }
      for (const RegistersQuestion& question : hypothesis.values) {
        if (is_given_up(index)) {
          break;
        }
        if (recall(question) == nullptr) {
          return question;
        }
      }
    }
    return std::nullopt;
  };
  if (auto question = next_of([](Signs signs) { return signs == Signs::hold; })) {
    return question;
  }
  if (std::ranges::any_of(opinions_, &Opinion::is_certain)) {
    return std::nullopt;
  }
  if (auto question = next_of([](Signs signs) { return signs != Signs::contradict; })) {
    return question;
  }
  const bool something_fits = std::ranges::any_of(opinions_, [](const Opinion& opinion) {
    return opinion.signs != Signs::contradict && opinion.is_plausible();
  });
  return something_fits ? std::nullopt
                        : next_of([](Signs signs) { return signs == Signs::contradict; });
}

auto Detection::is_mute() const noexcept -> bool {
  return silences_ >= is_no_accident && !refused_;
}

auto Detection::unanswered_by_the_mute() const -> std::optional<Question> {
  for (std::size_t index = 0; index < opinions_.size() && is_mute(); ++index) {
    const Hypothesis& hypothesis = (*hypotheses_)[index];
    if (hypothesis.model->timing.answers_exceptions || !hypothesis.model->sunspec.empty()) {
      continue;
    }
    for (const RegistersQuestion& question : hypothesis.values) {
      if (!is_given_up(index) && recall(question) == nullptr) {
        return question;
      }
    }
  }
  return std::nullopt;
}

auto Detection::unanswered_hole() const -> std::optional<Question> {
  for (std::size_t index = 0; index < opinions_.size(); ++index) {
    const Hypothesis& hypothesis = (*hypotheses_)[index];
    const Opinion& opinion = opinions_[index];
    if (!hypothesis.hole || recall(*hypothesis.hole) != nullptr) {
      continue;
    }
    if (opinion.signs != Signs::contradict && !opinion.is_certain() && opinion.is_plausible() &&
        opinion.bits < little_evidence) {
      return *hypothesis.hole;
    }
  }
  return std::nullopt;
}

auto Detection::unanswered_serial() const -> std::optional<Question> {
  auto best = ranked();
  best.resize(equal_to_the_first(best));
  for (const Hypothesis& hypothesis : *hypotheses_) {
    const bool leads = std::ranges::any_of(best, [&](const Candidate& candidate) {
      return candidate.model == hypothesis.model.get();
    });
    for (const RegistersQuestion& question : hypothesis.serial) {
      const auto there = located(hypothesis, question);
      if (leads && recall(there) == nullptr) {
        return there;
      }
    }
  }
  return std::nullopt;
}

auto Detection::is_given_up(std::size_t index) const -> bool {
  const Hypothesis& hypothesis = (*hypotheses_)[index];
  if (hypothesis.values.empty()) {
    return true;
  }
  const auto* first = recall(hypothesis.values.front());
  return first != nullptr && (!*first || opinions_[index].bits <= hopeless);
}

}  // namespace bornier::model
