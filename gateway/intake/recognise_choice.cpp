// SPDX-License-Identifier: Apache-2.0
// Of all that models read in the messages: which of it is told.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "intake/recognise.hpp"

namespace bornier::intake {
namespace {

constexpr std::size_t most_topics_told = 8;
constexpr std::size_t most_groups = 200;
constexpr std::size_t most_numbers = 12;
/// A name that stands in another tree of topics is the same device's only if it is long enough to
/// be no everyday word.
constexpr std::size_t telling_name = 6;
/// A message of fewer whole levels may be anybody's: see is_named.
constexpr std::size_t telling_specificity = 8;

/// Where the first `count` levels of a topic end.
auto end_of_levels(std::string_view topic, std::size_t count) -> std::size_t {
  std::size_t end = 0;
  for (std::size_t level = 0; level < count && end != std::string_view::npos; ++level) {
    end = topic.find('/', level == 0 ? 0 : end + 1);
  }
  return std::min(end, topic.size());
}

auto first_levels(std::string_view topic, std::size_t count) -> std::string_view {
  return topic.substr(0, end_of_levels(topic, topic.starts_with('/') ? count + 1 : count));
}

/// The whole levels that both begin with.
auto common_levels(std::string_view left, std::string_view right) -> std::string_view {
  const auto differ = std::ranges::mismatch(left, right);
  const auto same = static_cast<std::size_t>(differ.in1 - left.begin());
  const bool left_ends = same == left.size() && (same == right.size() || right[same] == '/');
  const bool right_ends = same == right.size() && left.size() > same && left[same] == '/';
  if (left_ends || right_ends) {
    return left.substr(0, same);
  }
  const auto slash = left.substr(0, same).rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : left.substr(0, slash);
}

void collect_numbers(const Json::Value& value, const model::JsonPointer& at,
                     std::vector<std::pair<std::string, std::string>>& numbers) {
  if (value.kind() == Json::Kind::number && numbers.size() < most_numbers) {
    numbers.emplace_back(to_text(at), value.text());
  }
  if (value.is_scalar() || numbers.size() >= most_numbers) {
    return;
  }
  std::size_t index = 0;
  for (const auto& child : value.children()) {
    auto below = at;
    below.tokens.push_back(value.kind() == Json::Kind::object ? std::string{child.key()}
                                                              : std::to_string(index));
    collect_numbers(child, below, numbers);
    ++index;
  }
}

auto numbers_in(std::string_view payload) -> std::vector<std::pair<std::string, std::string>> {
  std::vector<std::pair<std::string, std::string>> numbers;
  if (const auto json = Json::parse(std::as_bytes(std::span{payload}));
      json && !json->root().is_scalar()) {
    collect_numbers(json->root(), {}, numbers);
  }
  return numbers;
}

}  // namespace

class Recogniser::Choice {
 public:
  struct Chosen {
    const Candidate* candidate{};
    std::vector<std::string> rivals;
  };

  explicit Choice(const Recogniser& from) : from_{from} {
    std::vector<const Candidate*> ranked;
    for (const auto& [key, candidate] : from.candidates_) {
      if (from.is_named(candidate)) {
        ranked.push_back(&candidate);
      }
    }
    const auto rank = [this](const Candidate* one) {
      return std::tuple_cat(goodness(*one), std::tuple{one->specificity});
    };
    std::ranges::stable_sort(ranked, std::ranges::greater{}, rank);
    for (const auto* candidate : ranked) {
      choose(*candidate);
    }
  }

  [[nodiscard]] auto chosen() const -> const std::vector<Chosen>& { return chosen_; }
  [[nodiscard]] auto has_topic(std::size_t topic) const -> bool {
    return of_one_.contains(topic) || of_several_.contains(topic);
  }
  [[nodiscard]] auto has(const Key& key) const -> bool { return keys_.contains(key); }
  [[nodiscard]] auto has_of(std::size_t known) const -> bool { return known_.contains(known); }
  /// Some levels of the topic are the name of a device.
  [[nodiscard]] auto names_device(std::string_view topic) const -> bool {
    constexpr std::size_t most_levels = 4;
    for (std::size_t begin = 0; begin != std::string_view::npos && begin < topic.size();) {
      const auto rest = topic.substr(begin);
      for (std::size_t levels = 1; levels <= most_levels; ++levels) {
        const auto found = names_.find(rest.substr(0, end_of_levels(rest, levels)));
        if (found != names_.end() && (found->first.size() >= telling_name ||
                                      found->second.contains(first_levels(topic, 1)))) {
          return true;
        }
      }
      const auto slash = topic.find('/', begin);
      begin = slash == std::string_view::npos ? slash : slash + 1;
    }
    return false;
  }

 private:
  using Goodness = std::tuple<bool, std::size_t, bool>;

  [[nodiscard]] auto goodness(const Candidate& one) const -> Goodness {
    return {one.own.empty(), one.values.size(), from_.has_usual_name(one)};
  }

  /// The chosen one that has its topics already; nothing if none has.
  [[nodiscard]] auto owner_of(const Candidate& candidate) const -> std::optional<std::size_t> {
    for (const auto topic : candidate.topics) {
      if (const auto one = of_one_.find(topic); one != of_one_.end()) {
        return one->second;
      }
      const auto several = of_several_.find(topic);
      if (several == of_several_.end()) {
        continue;
      }
      const auto same = several->second.find(candidate.device);
      if (!candidate.by_payload) {
        return several->second.begin()->second;
      }
      if (same != several->second.end()) {
        return same->second;
      }
    }
    // "plug/set" is no device beside "plug".
    for (auto slash = candidate.device.find('/'); slash != std::string::npos;
         slash = candidate.device.find('/', slash + 1)) {
      const auto above =
          keys_.find(Key{candidate.known, candidate.device.substr(0, slash), candidate.own});
      if (above != keys_.end()) {
        return above->second;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] auto is_rival(const Candidate& one, const Candidate& best) const -> bool {
    const bool as_usual = one.own.empty() == best.own.empty();
    const bool as_named = from_.has_usual_name(one) || !from_.has_usual_name(best);
    return one.known != best.known && as_usual && as_named &&
           2 * one.values.size() >= best.values.size();
  }

  void choose(const Candidate& candidate) {
    const auto& id = from_.known_[candidate.known].model->id;
    if (const auto owner = owner_of(candidate)) {
      auto& better = chosen_[*owner];
      if (is_rival(candidate, *better.candidate) &&
          std::ranges::find(better.rivals, id) == better.rivals.end()) {
        better.rivals.push_back(id);
      }
      return;
    }
    const auto index = chosen_.size();
    chosen_.push_back({&candidate, {}});
    known_.insert(candidate.known);
    keys_.emplace(Key{candidate.known, candidate.device, candidate.own}, index);
    auto* trees = candidate.device.empty() ? nullptr : &names_[candidate.device];
    for (const auto topic : candidate.topics) {
      if (candidate.by_payload) {
        of_several_[topic].emplace(candidate.device, index);
      } else {
        of_one_.emplace(topic, index);
      }
      if (trees != nullptr) {
        trees->emplace(first_levels(from_.topics_[topic].name, 1));
      }
    }
  }

  const Recogniser& from_;
  std::vector<Chosen> chosen_;
  std::map<Key, std::size_t> keys_;
  std::set<std::size_t> known_;
  std::map<std::size_t, std::size_t> of_one_;  ///< topics, and to which of chosen_ they belong
  std::map<std::size_t, std::map<std::string, std::size_t>> of_several_;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> names_;
};

/// One gauge on a topic that could be anybody's is no evidence: a battery sensor has a voltage too.
auto Recogniser::is_named(const Candidate& candidate) const -> bool {
  const auto measured = std::ranges::count_if(
      candidate.values, [](const auto& value) { return value.second.measured; });
  const bool counts =
      std::ranges::any_of(candidate.values, [](const auto& value) { return value.second.counter; });
  const bool telling = candidate.own.empty() && candidate.specificity >= telling_specificity;
  return measured > 0 && (candidate.measured.size() > 1 || counts || telling);
}

auto Recogniser::has_usual_name(const Candidate& candidate) const -> bool {
  return std::ranges::any_of(known_[candidate.known].prefixes, [&](const std::string& prefix) {
    return candidate.device.starts_with(prefix);
  });
}

auto Recogniser::device_of(const Candidate& candidate) const -> RecognisedDevice {
  RecognisedDevice device;
  device.device = candidate.device;
  device.model = known_[candidate.known].model;
  device.captures = candidate.own;
  device.topic_count = candidate.topics.size();
  for (const auto topic : candidate.topics) {
    if (device.topics.size() < most_topics_told) {
      device.topics.push_back(topics_[topic].name);
    }
  }
  device.messages = candidate.messages;
  device.retained = candidate.retained;
  device.faults = candidate.faults;
  device.fault = candidate.fault;
  const auto worth = [](const Value& value) {
    return (value.counter ? 2 : 0) + (value.measured ? 1 : 0);
  };
  const auto best = std::ranges::max_element(
      candidate.values, {}, [&](const auto& value) { return worth(value.second); });
  device.example = static_cast<std::size_t>(std::distance(candidate.values.begin(), best));
  for (const auto& [point, value] : candidate.values) {
    device.values.push_back({point, value.text});
  }
  return device;
}

auto Recogniser::devices() const -> std::vector<RecognisedDevice> {
  const Choice choice{*this};
  std::vector<RecognisedDevice> devices;
  for (const auto& chosen : choice.chosen()) {
    devices.push_back(device_of(*chosen.candidate));
    devices.back().rivals = chosen.rivals;
  }
  std::ranges::stable_sort(devices, {}, [](const RecognisedDevice& device) {
    return std::tie(device.device, device.captures);
  });
  return devices;
}

/// It has values, tells whether a device is there, or is something else of one.
auto Recogniser::belongs_to(const Choice& choice, std::size_t topic) const -> bool {
  const auto& name = topics_[topic].name;
  if (choice.has_topic(topic) || choice.names_device(name)) {
    return true;
  }
  for (std::size_t known = 0; known < known_.size(); ++known) {
    for (const auto& availability : known_[known].availabilities) {
      const auto guess = guess_as_usual(availability, name);
      if (guess && (guess->device.empty() ? choice.has_of(known)
                                          : choice.has(Key{known, guess->device, {}}))) {
        return true;
      }
    }
  }
  return false;
}

auto Recogniser::unknown() const -> std::vector<UnknownDevice> {
  const Choice choice{*this};
  std::map<std::string, std::vector<std::size_t>, std::less<>> groups;
  const auto group = [&](std::size_t levels) {
    std::map<std::string, std::vector<std::size_t>, std::less<>> grouped;
    for (std::size_t topic = 0; topic < topics_.size(); ++topic) {
      if (!belongs_to(choice, topic)) {
        grouped[std::string{first_levels(topics_[topic].name, levels)}].push_back(topic);
      }
    }
    return grouped;
  };
  groups = group(2);
  if (groups.size() > most_groups) {
    groups = group(1);
  }
  std::vector<UnknownDevice> found;
  for (const auto& [key, members] : groups) {
    UnknownDevice unknown;
    unknown.prefix = topics_[members.front()].name;
    const Topic* busiest = &topics_[members.front()];
    for (const auto member : members) {
      const auto& topic = topics_[member];
      unknown.prefix = std::string{common_levels(unknown.prefix, topic.name)};
      unknown.messages += topic.messages;
      unknown.retained += topic.retained;
      if (unknown.topics.size() < most_topics_told) {
        unknown.topics.push_back(topic.name);
      }
      busiest = topic.messages > busiest->messages ? &topic : busiest;
    }
    std::stable_partition(unknown.topics.begin(), unknown.topics.end(),
                          [&](const auto& topic) { return topic == busiest->name; });
    unknown.topic_count = members.size();
    unknown.sample = busiest->sample;
    if (busiest->sample_is_whole) {
      unknown.numbers = numbers_in(busiest->sample);
    }
    found.push_back(std::move(unknown));
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &UnknownDevice::messages);
  return found;
}

}  // namespace bornier::intake
