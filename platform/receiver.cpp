// SPDX-License-Identifier: Apache-2.0
#include "platform/receiver.hpp"

#include <algorithm>
#include <limits>

#include "platform/names.hpp"

namespace bornier::platform {
namespace {

using batch::TopicKind;
using Level = Tell::Level;

/// The databases' sequence column is a signed 64-bit integer.
constexpr auto largest_sequence =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// While a commit runs nobody takes the news.
constexpr std::size_t news_limit = 1000;

/// About what entries take in memory once they are decoded, and as rows on their way: a short
/// payload may stand for many long texts.
auto decoded_size(const reading::Entries& entries) -> std::size_t {
  constexpr std::size_t an_answer = 64;
  constexpr std::size_t a_number = 32;
  constexpr std::size_t a_text = 48;
  constexpr std::size_t another_entry = 256;
  std::size_t size = 0;
  for (const auto& answer : entries.answers) {
    size += an_answer + a_number * answer.numbers.size();
    for (const auto& text : answer.texts) {
      size += a_text + text.value.size();
    }
  }
  size += another_entry * (entries.states.size() + entries.events.size() + entries.gaps.size());
  for (const auto& event : entries.events) {
    size += event.text.size();
  }
  for (const auto& gap : entries.gaps) {
    size += gap.points.size() * sizeof(reading::PointNumber);
  }
  return size;
}

auto gateway_of(const batch::Topic& topic) -> std::string {
  return topic.city + "/" + topic.gateway;
}

}  // namespace

Receiver::Receiver(const ReceiverLimits& limits, const std::vector<KnownStream>& known)
    : limits_{limits}, next_command_{limits.first_command}, gateways_{limits.silent_after} {
  most_gateways_ = known.size() + limits.gateways;
  for (const auto& stream : known) {
    take_in(stream, hear_of(stream.name));
    gateways_.expect({stream.name.city, stream.name.gateway});
  }
  rereads_.clear();
}

auto Receiver::find(const StreamName& key) -> StreamState* {
  const auto found = streams_.find(key);
  return found == streams_.end() ? nullptr : &found->second;
}

auto Receiver::hear_of(const StreamName& key) -> StreamState& {
  ++hearings_;
  hear_of(Gateways::Name{key.city, key.gateway});
  auto* stream = find(key);
  if (!stream) {
    forget_a_stream_of(key.city, key.gateway);
    stream = &streams_.try_emplace(key, Numbering{limits_.ask}).first->second;
    if (!draining_ && !retry_at_ && !reread_again_at_ &&
        rereads_.size() < limits_.rereads_per_look) {
      request_reread(key, *stream, batch::Sequence{1});  // otherwise at the next look
    }
  }
  stream->heard = hearings_;
  return *stream;
}

/// Names cost nothing to whoever may publish. What is forgotten of a gateway is read again when it
/// is heard of.
void Receiver::hear_of(const Gateways::Name& gateway) {
  auto [heard, is_new] = heard_.try_emplace(gateway, hearings_);
  if (!is_new) {
    by_time_.erase(heard->second);
    heard->second = hearings_;
  }
  by_time_.emplace(hearings_, gateway);
  if (heard_.size() > most_gateways_) {
    const auto oldest = by_time_.begin()->second;
    forget(oldest);
  }
}

void Receiver::forget(const Gateways::Name& gateway) {
  const auto& [city, name] = gateway;
  auto at = streams_.lower_bound(StreamName{city, name, batch::StreamId{0}});
  while (at != streams_.end() && at->first.city == city && at->first.gateway == name) {
    forget_parked(at->first, at->second, "there are too many gateways");
    at = streams_.erase(at);
  }
  current_.erase(gateway);
  by_time_.erase(heard_.at(gateway));
  heard_.erase(gateway);
}

void Receiver::forget_parked(const StreamName& key, const StreamState& stream,
                             std::string_view why) {
  for (const auto& parked : stream.parked) {
    parked_bytes_ -= parked.size.waiting;
    held_.erase(parked.digest);
    drop(batch::to_text({key.city, key.gateway, TopicKind::batch}), why);
  }
}

void Receiver::forget_a_stream_of(const std::string& city, const std::string& gateway) {
  const auto first = streams_.lower_bound(StreamName{city, gateway, batch::StreamId{0}});
  auto oldest = first;
  std::size_t streams = 0;
  for (auto at = first;
       at != streams_.end() && at->first.city == city && at->first.gateway == gateway; ++at) {
    ++streams;
    if (at->second.heard < oldest->second.heard) {
      oldest = at;
    }
  }
  if (streams < limits_.streams_per_gateway) {
    return;
  }
  forget_parked(oldest->first, oldest->second, "its gateway has too many streams");
  streams_.erase(oldest);
}

void Receiver::receive(Message message, reading::Now now) {
  if (draining_ || waiting_size_.waiting >= limits_.queue_bytes) {
    drop(message.topic, draining_ ? "the receiver is stopping" : "the queue is full");
    return;
  }
  const auto topic = batch::parse_topic(message.topic);
  if (!topic) {
    quarantine(std::move(message), "the topic is not one of a gateway", now);
    return;
  }
  const auto most =
      topic->kind == TopicKind::catalog ? batch::max_catalog_bytes : limits_.message_bytes;
  if (message.payload.size() > most) {
    quarantine(std::move(message), "the message is larger than a receiver takes", now);
    return;
  }
  switch (topic->kind) {
    case TopicKind::batch:
    case TopicKind::backlog: receive_batch(std::move(message), *topic, now); return;
    case TopicKind::catalog: receive_catalog(std::move(message), *topic, now); return;
    case TopicKind::status: receive_status(std::move(message), *topic, now); return;
    case TopicKind::reply: receive_reply(std::move(message), *topic, now); return;
    case TopicKind::confirm:
    case TopicKind::command: return;  // the platform's own words
  }
}

void Receiver::receive_batch(Message message, const batch::Topic& topic, reading::Now now) {
  auto decoded = batch::decode_batch(message.payload);
  if (!decoded) {
    quarantine(std::move(message), std::string{to_text(decoded.error())}, now);
    return;
  }
  const auto& header = decoded->header;
  if (header.city != topic.city || header.gateway != topic.gateway) {
    quarantine(std::move(message),
               "the batch names " + header.city + "/" + header.gateway + ", its topic does not",
               now);
    return;
  }
  if (header.sequence.value() == 0 || header.sequence.value() > largest_sequence) {
    quarantine(std::move(message), "the sequence number is out of range", now);
    return;
  }
  const StreamName key{header.city, header.gateway, header.stream};
  auto& stream = hear_of(key);
  stream.numbering.hear(header);
  gateways_.heard({key.city, key.gateway}, now);
  current_[{key.city, key.gateway}] = key.stream;

  const bool ahead = std::holds_alternative<reading::Entries>(decoded->body) &&
                     header.catalog_revision > stream.catalog;
  const auto digest = digest_of(message.payload);
  if (!held_.insert(digest).second) {
    ++counters_.already_there;  // its gateway repeats what waits here
    return;
  }
  BatchArrival arrival{std::move(*decoded), std::move(message.payload), now.stamp};
  arrival.batch.header.backlog = {};  // Numbering has it
  Size size;
  size.waiting = sizeof(Waiting) + arrival.payload.size();
  if (const auto* gap = std::get_if<reading::Gap>(&arrival.batch.body)) {
    size.waiting += gap->points.size() * sizeof(reading::PointNumber);
  }
  size.decoded = size.waiting;
  if (auto* entries = std::get_if<reading::Entries>(&arrival.batch.body)) {
    size.decoded += decoded_size(*entries);
    *entries = {};
  }
  if (ahead) {
    park(stream, std::move(arrival), digest, size, now.instant);
  } else {
    queue(std::move(arrival), size, now.instant, digest);
  }
}

void Receiver::park(StreamState& stream, BatchArrival arrival, const Digest& digest, Size size,
                    reading::Instant now) {
  const auto& header = arrival.batch.header;
  if (parked_bytes_ + size.waiting > limits_.parked_bytes) {
    held_.erase(digest);
    drop(batch::to_text({header.city, header.gateway, TopicKind::batch}),
         "too much waits for catalogs");
    return;
  }
  if (stream.parked.empty()) {
    stream.ask_catalog_at = now;
    look_at_ = now;
    tell(Level::info, "parked " + header.city + "/" + header.gateway,
         about(header) + " waits for revision " + std::to_string(header.catalog_revision.value()) +
             " of its catalog, which is asked for");
  }
  ++counters_.parked;
  parked_bytes_ += size.waiting;
  stream.parked.push_back(Parked{std::move(arrival), digest, size, now + limits_.parked_for});
}

void Receiver::unpark(StreamState& stream, reading::Instant now) {
  std::deque<Parked> still_parked;
  for (auto& parked : stream.parked) {
    if (parked.arrival.batch.header.catalog_revision > stream.catalog) {
      still_parked.push_back(std::move(parked));
      continue;
    }
    parked_bytes_ -= parked.size.waiting;
    queue(std::move(parked.arrival), parked.size, now, parked.digest);
  }
  stream.parked = std::move(still_parked);
}

void Receiver::receive_catalog(Message message, const batch::Topic& topic, reading::Now now) {
  if (message.payload.empty()) {
    return;  // a retained message that was deleted
  }
  auto decoded = batch::decode_catalog(message.payload);
  if (!decoded) {
    quarantine(std::move(message), std::string{to_text(decoded.error())}, now);
    return;
  }
  if (decoded->city != topic.city || decoded->gateway != topic.gateway) {
    quarantine(
        std::move(message),
        "the catalog names " + decoded->city + "/" + decoded->gateway + ", its topic does not",
        now);
    return;
  }
  auto& stream = hear_of(StreamName{decoded->city, decoded->gateway, decoded->stream});
  // One of no later revision is judged too: after a card was restored, a revision that is known
  // here may come with other meanings.
  const auto digest = digest_of(message.payload);
  if (stream.judged == digest && decoded->revision <= stream.catalog) {
    return;
  }
  stream.judged = digest;
  stream.catalog = std::max(stream.catalog, decoded->revision);
  const auto bytes = sizeof(Waiting) + 4 * message.payload.size();
  queue(CatalogArrival{std::move(*decoded), std::move(message.payload), now.stamp}, {bytes, bytes},
        now.instant);
  unpark(stream, now.instant);
}

void Receiver::receive_status(Message message, const batch::Topic& topic, reading::Now now) {
  if (message.payload.empty()) {
    return;
  }
  auto decoded = batch::decode_status(message.payload);
  if (!decoded) {
    quarantine(std::move(message), std::string{to_text(decoded.error())}, now);
    return;
  }
  if (decoded->gateway != topic.gateway) {
    quarantine(std::move(message), "the status names " + decoded->gateway + ", its topic does not",
               now);
    return;
  }
  gateways_.said({topic.city, topic.gateway}, *decoded, message.retained, now);
  if (decoded->online && decoded->stream.value() != 0) {
    const StreamName key{topic.city, topic.gateway, decoded->stream};
    hear_of(key).numbering.hear_oldest_held(decoded->oldest_held);
    current_[{key.city, key.gateway}] = key.stream;
  }
  const auto bytes = sizeof(Waiting) + message.payload.size();
  queue(StatusArrival{topic.city, std::move(*decoded), now.stamp, message.retained}, {bytes, bytes},
        now.instant);
}

void Receiver::receive_reply(Message message, const batch::Topic& topic, reading::Now now) {
  const auto decoded = batch::decode_reply(message.payload);
  if (!decoded) {
    quarantine(std::move(message), std::string{to_text(decoded.error())}, now);
    return;
  }
  if (!decoded->error.empty()) {
    const auto current = current_.find({topic.city, topic.gateway});
    if (current != current_.end()) {
      auto* stream = find(StreamName{topic.city, topic.gateway, current->second});
      if (stream && stream->resend_command == decoded->id) {
        stream->numbering.refused(now.instant);
      }
    }
    tell(Level::warning, "reply " + gateway_of(topic),
         gateway_of(topic) + " cannot do what command " + std::to_string(decoded->id) +
             " asks: " + decoded->error);
  }
}

void Receiver::quarantine(Message message, std::string reason, reading::Now now) {
  tell(Level::warning, "quarantine " + message.topic,
       message.topic + ": " + std::to_string(message.payload.size()) +
           " bytes set aside: " + reason);
  const auto bytes = sizeof(Waiting) + message.payload.size();
  queue(Quarantined{std::move(message.topic), std::move(reason), std::move(message.payload),
                    now.stamp},
        {bytes, bytes}, now.instant);
}

void Receiver::drop(const std::string& topic, std::string_view why) {
  ++counters_.dropped;
  tell(Level::warning, "dropped: " + std::string{why},
       "a message on " + topic + " is dropped and not confirmed: " + std::string{why});
}

void Receiver::queue(Arrival arrival, Size size, reading::Instant now, const Digest& digest) {
  if (waiting_.empty()) {
    waiting_since_ = now;
  }
  waiting_size_.waiting += size.waiting;
  waiting_size_.decoded += size.decoded;
  waiting_.push_back(Waiting{std::move(arrival), digest, size});
}

auto Receiver::step(reading::Now now) -> Step {
  if (!look_at_ || now.instant >= *look_at_) {
    look_for_missing(now.instant);
    look_for_silent(now.instant);
    look_at_ = now.instant + limits_.look_every;
  }
  if (!news_.empty()) {
    auto news = std::move(news_.front());
    news_.pop_front();
    return news;
  }
  if (!outbox_.empty()) {
    auto message = std::move(outbox_.front());
    outbox_.pop_front();
    return message;
  }
  const auto commit = commit_at(now.instant);
  const bool due = commit && now.instant >= *commit;
  // Each may take as long as a commit. Under load, when a commit is always due, a few go before it.
  if (!rereads_.empty() && (!due || rereads_before_commit_ > 0)) {
    rereads_before_commit_ -= std::min<std::size_t>(rereads_before_commit_, 1);
    auto next = std::move(rereads_.front());
    rereads_.pop_front();
    return next;
  }
  if (due) {
    return start_commit(now.instant);
  }
  return Wait{commit ? std::min(*commit, *look_at_) : *look_at_};
}

auto Receiver::idle() const -> bool {
  return !commit_running_ && committing_.empty() && waiting_.empty() && outbox_.empty() &&
         news_.empty();
}

void Receiver::tell(Tell::Level level, std::string subject, std::string text) {
  if (news_.size() >= news_limit) {
    return;  // the counters still tell how often
  }
  news_.push_back(Tell{level, std::move(subject), std::move(text)});
}

}  // namespace bornier::platform
