// SPDX-License-Identifier: Apache-2.0
#include "intake/meter_intake.hpp"

#include <algorithm>
#include <limits>

#include "intake/json.hpp"
#include "intake/time.hpp"
#include "reading/decimal.hpp"
#include "reading/time_text.hpp"

namespace bornier::intake {
namespace {

using model::Captures;
using model::Message;
using reading::Decimal;
using reading::Stamp;
using std::chrono::milliseconds;

/// A counter that fell in a power cut is seen if it fell below what it showed so long before.
constexpr std::chrono::minutes remember_counters_every{1};

constexpr std::int64_t none_kept = std::numeric_limits<std::int64_t>::min();

auto is_in(const std::vector<std::string>& words, std::string_view word) -> bool {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

MeterIntake::MeterIntake(MeterPlan plan, std::string_view memory, std::string_view counters)
    : plan_{std::move(plan)}, kept_(plan_.points.size(), none_kept) {
  auto captures = plan_.model->captures;
  for (const auto& [name, value] : plan_.captures) {
    captures.insert_or_assign(name, value);
  }
  plan_.captures = std::move(captures);
  for (const auto& message : plan_.model->messages) {
    topics_.push_back(fill(message.topic, plan_.captures));
  }
  for (const auto& availability : plan_.model->availabilities) {
    availability_topics_.push_back(fill(availability.topic, plan_.captures));
  }
  offline_.resize(availability_topics_.size());
  recent_ = Recent::of_bytes(memory).value_or(Recent{});
  counters_ = model::Counters::of_bytes(counters).value_or(model::Counters{});
}

auto MeterIntake::filters() const -> std::vector<std::string> {
  std::vector<std::string> filters;
  for (const auto& topic : topics_) {
    filters.push_back(filter_of(topic));
  }
  for (const auto& topic : availability_topics_) {
    filters.push_back(filter_of(topic));
  }
  std::ranges::sort(filters);
  filters.erase(std::unique(filters.begin(), filters.end()), filters.end());
  return filters;
}

auto MeterIntake::concerns(std::string_view topic) const -> bool {
  const auto fits = [topic](const model::TopicTemplate& one) {
    return match(one, topic).has_value();
  };
  return std::ranges::any_of(topics_, fits) || std::ranges::any_of(availability_topics_, fits);
}

auto MeterIntake::memory() const -> std::string {
  return recent_.to_bytes();
}

auto MeterIntake::counters() const -> std::string {
  return counters_.to_bytes();
}

auto MeterIntake::take(const Arrival& arrival) -> Taken {
  Taken taken;
  for (std::size_t index = 0; index < availability_topics_.size(); ++index) {
    if (match(availability_topics_[index], arrival.topic)) {
      taken.meant = true;
      hear_availability(index, arrival, taken);
    }
  }
  bool is_sample = false;
  for (std::size_t message = 0; message < topics_.size(); ++message) {
    const auto captures = match(topics_[message], arrival.topic);
    if (!captures) {
      continue;
    }
    taken.meant = true;
    is_sample = true;
    if (!arrival.retained) {
      take_message(message, *captures, arrival, taken);
    }
  }
  figures_.retained += is_sample && arrival.retained ? 1 : 0;
  return taken;
}

void MeterIntake::note(std::string problem) {
  figures_.problem = std::move(problem);
}

void MeterIntake::take_message(std::size_t message, const Captures& captures,
                               const Arrival& arrival, Taken& taken) {
  const Subject subject{*plan_.model, plan_.settings, plan_.points, plan_.captures};
  auto content = read_message(subject, message, captures, arrival.payload);
  if (!content) {
    ++figures_.messages;
    ++figures_.broken;
    note("a message on " + std::string{arrival.topic} +
         " is not taken: " + std::string{to_text(content.error())});
    return;
  }
  if (!content->has_value()) {
    ++figures_.elsewhere;
  } else {
    ++figures_.messages;
    name_by_itself(plan_.model->messages[message], arrival, **content);
    take_content(plan_.model->messages[message], **std::move(content), arrival, taken);
  }
}

/// A message with its own time that comes again is the same in every byte.
void MeterIntake::name_by_itself(const Message& message, const Arrival& arrival, Content& content) {
  const bool has_time = !content.samples.empty() && content.samples.front().time;
  if (content.identity.empty() && has_time && !message.each) {
    content.identity = message.name + '\n';
    content.identity.append(reinterpret_cast<const char*>(arrival.payload.data()),
                            arrival.payload.size());
  }
}

void MeterIntake::take_content(const Message& message, Content content, const Arrival& arrival,
                               Taken& taken) {
  figures_.unusable_values += content.unusable_values;
  figures_.unusable_times += content.unusable_times;
  if (!content.complaint.empty()) {
    note("a message on " + std::string{arrival.topic} + ": " + content.complaint);
  }
  if (!content.identity.empty() && !message.each) {
    if (recent_.look(content.identity) != Recent::Answer::is_new) {
      ++figures_.repeated;
      return;
    }
    recent_.take(content.identity);
    taken.remembers = true;
  }
  recent_.make_room_for(content.samples.size());
  for (auto& sample : content.samples) {
    take_sample(message, std::move(sample), arrival, taken);
  }
}

void MeterIntake::take_sample(const Message& message, Sample sample, const Arrival& arrival,
                              Taken& taken) {
  const bool is_past = message.each || (message.time && message.time->needed);
  const auto is_believed = [&arrival](Stamp time) {
    return arrival.clock_trusted ? is_believable(time, arrival.now.stamp) : is_believable(time);
  };
  if (sample.time && !is_believed(*sample.time)) {
    ++figures_.unusable_times;
    note("a message on " + std::string{arrival.topic} + " states the time " +
         to_text(*sample.time) + ", which cannot be: " +
         (is_past ? "the sample is not taken" : "the time of its arrival counts") +
         "; look at the meter's clock");
    if (is_past) {
      return;
    }
    sample.time.reset();
  }
  if (message.each) {
    const auto answer = recent_.look(message.name, *sample.time);
    if (answer != Recent::Answer::is_new) {
      ++(answer == Recent::Answer::repeated ? figures_.repeated : figures_.too_late);
      return;
    }
    recent_.take(message.name, *sample.time);
    taken.remembers = true;
  }
  taken.heard = true;
  watch_counters(sample, arrival, taken);
  thin_out(sample, arrival);
  if (!sample.points.empty()) {
    ++figures_.samples;
    taken.samples.push_back(std::move(sample));
  }
}

void MeterIntake::thin_out(Sample& sample, const Arrival& arrival) {
  const auto time = sample.time.value_or(arrival.now.stamp);
  std::erase_if(sample.points, [&](const model::Decoded& decoded) {
    const auto found = std::ranges::lower_bound(plan_.points, decoded.point);
    const auto place = static_cast<std::size_t>(found - plan_.points.begin());
    const auto every = place < plan_.every.size() ? plan_.every[place].count() : 0;
    if (every == 0 || std::holds_alternative<reading::Acquisition>(decoded.value)) {
      return false;
    }
    if (arrival.is_backlog && !sample.time) {
      figures_.thinned += held_back_.insert_or_assign(decoded.point, decoded).second ? 0U : 1U;
      return true;
    }
    const auto span = milliseconds_since_1970(time) / every;
    if (span == kept_[place]) {
      ++figures_.thinned;
      return true;
    }
    kept_[place] = span;
    return false;
  });
}

auto MeterIntake::end_of_backlog(reading::Now now) -> Taken {
  Taken taken;
  Sample newest;
  for (auto& [point, decoded] : std::exchange(held_back_, {})) {
    newest.points.push_back(std::move(decoded));
  }
  thin_out(newest, {.topic = {}, .payload = {}, .now = now, .clock_trusted = true});
  if (!newest.points.empty()) {
    ++figures_.samples;
    taken.samples.push_back(std::move(newest));
  }
  return taken;
}

void MeterIntake::watch_counters(Sample& sample, const Arrival& arrival, Taken& taken) {
  bool any = false;
  for (auto& decoded : sample.points) {
    const auto& point = plan_.model->points[decoded.point];
    const auto* value = std::get_if<Decimal>(&decoded.value);
    if (value == nullptr || !is_counter(point)) {
      continue;
    }
    any = true;
    if (const auto before = counters_.take(point, *value, sample.time)) {
      decoded.quality = decoded.quality.with(reading::QualityFlag::meter_restarted);
      taken.falls.push_back({decoded.point, *before, *value});
    }
  }
  if (any && arrival.now.instant >= remember_counters_at_) {
    remember_counters_at_ = arrival.now.instant + remember_counters_every;
    taken.remembers_counters = true;
  }
}

/// A meter is there only if none of its topics says otherwise.
void MeterIntake::hear_availability(std::size_t index, const Arrival& arrival, Taken& taken) {
  const auto& availability = plan_.model->availabilities[index];
  std::string word{reinterpret_cast<const char*>(arrival.payload.data()), arrival.payload.size()};
  if (availability.pointer) {
    if (const auto json = Json::parse(arrival.payload)) {
      const auto found = json->root().find(*availability.pointer);
      word = found ? found->text() : std::string_view{word};
    }
  }
  const bool is_offline = is_in(availability.offline, word);
  if (!is_offline && !is_in(availability.online, word)) {
    return;
  }
  offline_[index] = is_offline;
  const bool any_offline = std::ranges::find(offline_, true) != offline_.end();
  taken.availability = any_offline ? Taken::Word::offline : Taken::Word::online;
}

}  // namespace bornier::intake
