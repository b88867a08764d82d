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

/// What a decoded batch takes in memory: about 32 bytes a reading besides its payload.
auto cost_of(const BatchArrival& arrival) -> std::size_t {
  const auto* entries = std::get_if<reading::Entries>(&arrival.batch.body);
  const auto readings = entries ? reading::count_readings(*entries) : 0;
  return sizeof(BatchArrival) + arrival.payload.size() + 32 * static_cast<std::size_t>(readings);
}

auto gateway_of(const batch::Topic& topic) -> std::string {
  return topic.city + "/" + topic.gateway;
}

auto about_batch(const batch::Header& header) -> std::string {
  return header.city + "/" + header.gateway + " stream " + to_text(header.stream) + " batch " +
         std::to_string(header.sequence.value());
}

void add_number(std::vector<batch::SequenceRange>& ranges, batch::Sequence number) {
  ranges.push_back(batch::SequenceRange{number, number});
}

void merge(std::vector<batch::SequenceRange>& ranges) {
  std::ranges::sort(ranges, {}, &batch::SequenceRange::first);
  std::vector<batch::SequenceRange> merged;
  for (const auto& range : ranges) {
    if (!merged.empty() && range.first.value() <= merged.back().last.value() + 1) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

}  // namespace

Receiver::Receiver(const ReceiverLimits& limits, const std::vector<KnownStream>& known)
    : limits_{limits} {
  for (const auto& stream : known) {
    auto& state = state_of(StreamKey{stream.city, stream.gateway, stream.stream});
    state.catalog = stream.catalog;
    state.committed_catalog = stream.catalog;
    for (const auto& range : stream.stored) {
      state.numbering.store(range);
    }
  }
}

auto Receiver::state_of(const StreamKey& key) -> StreamState& {
  return streams_.try_emplace(key, StreamState{{}, {}, {}, {}, {}, {}, Numbering{limits_.ask}})
      .first->second;
}

void Receiver::receive(Message message, reading::Now now) {
  if (draining_ || waiting_bytes_ + committing_bytes_ >= limits_.queue_bytes) {
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
  const StreamKey key{header.city, header.gateway, header.stream};
  auto& stream = state_of(key);
  stream.numbering.hear(header);
  current_[{key.city, key.gateway}] = key.stream;

  const bool ahead = std::holds_alternative<reading::Entries>(decoded->body) &&
                     header.catalog_revision > stream.catalog;
  BatchArrival arrival{std::move(*decoded), std::move(message.payload), now.stamp};
  const auto bytes = cost_of(arrival);
  if (ahead) {
    park(stream, std::move(arrival), bytes, now.instant);
  } else {
    queue(std::move(arrival), bytes, now.instant);
  }
}

void Receiver::park(StreamState& stream, BatchArrival arrival, std::size_t bytes,
                    reading::Instant now) {
  const auto& header = arrival.batch.header;
  if (parked_bytes_ + bytes > limits_.parked_bytes) {
    drop(batch::to_text({header.city, header.gateway, TopicKind::batch}),
         "too much waits for catalogs");
    return;
  }
  if (stream.parked.empty()) {
    stream.ask_catalog_at = now;
    look_at_ = now;
    tell(Level::info, "parked " + header.city + "/" + header.gateway,
         about_batch(header) + " waits for revision " +
             std::to_string(header.catalog_revision.value()) +
             " of its catalog, which is asked for");
  }
  ++counters_.parked;
  parked_bytes_ += bytes;
  stream.parked.push_back(Parked{std::move(arrival), bytes, now + limits_.parked_for});
}

void Receiver::unpark(StreamState& stream, reading::Instant now) {
  std::deque<Parked> still_parked;
  for (auto& parked : stream.parked) {
    if (parked.arrival.batch.header.catalog_revision > stream.catalog) {
      still_parked.push_back(std::move(parked));
      continue;
    }
    parked_bytes_ -= parked.bytes;
    queue(std::move(parked.arrival), parked.bytes, now);
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
  auto& stream = state_of(StreamKey{decoded->city, decoded->gateway, decoded->stream});
  // One of no later revision is judged too: after a card was restored, a revision that is known
  // here may come with other meanings.
  const auto digest = digest_of(message.payload);
  if (stream.judged == digest && decoded->revision <= stream.catalog) {
    return;
  }
  stream.judged = digest;
  stream.catalog = std::max(stream.catalog, decoded->revision);
  const auto bytes = sizeof(CatalogArrival) + 4 * message.payload.size();
  queue(CatalogArrival{std::move(*decoded), std::move(message.payload), now.stamp}, bytes,
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
  if (decoded->online && decoded->stream.value() != 0) {
    const StreamKey key{topic.city, topic.gateway, decoded->stream};
    state_of(key).numbering.hear_oldest_held(decoded->oldest_held);
    current_[{key.city, key.gateway}] = key.stream;
  }
  queue(StatusArrival{topic.city, std::move(*decoded), now.stamp, message.retained},
        sizeof(StatusArrival) + message.payload.size(), now.instant);
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
      auto& stream = state_of(StreamKey{topic.city, topic.gateway, current->second});
      if (stream.resend_command == decoded->id) {
        stream.numbering.refused(now.instant);
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
  const auto bytes = sizeof(Quarantined) + message.payload.size();
  queue(Quarantined{std::move(message.topic), std::move(reason), std::move(message.payload),
                    now.stamp},
        bytes, now.instant);
}

void Receiver::drop(const std::string& topic, std::string_view why) {
  ++counters_.dropped;
  tell(Level::warning, "dropped: " + std::string{why},
       "a message on " + topic + " is dropped and not confirmed: " + std::string{why});
}

void Receiver::queue(Arrival arrival, std::size_t bytes, reading::Instant now) {
  if (waiting_.empty()) {
    waiting_since_ = now;
  }
  waiting_bytes_ += bytes;
  waiting_.push_back(Waiting{std::move(arrival), bytes});
}

auto Receiver::commit_at(reading::Instant now) const -> std::optional<reading::Instant> {
  if (commit_running_) {
    return std::nullopt;
  }
  if (retry_at_) {
    return retry_at_;
  }
  if (waiting_.empty()) {
    return std::nullopt;
  }
  const bool full =
      waiting_.size() >= limits_.arrivals_per_commit || waiting_bytes_ >= limits_.bytes_per_commit;
  return full || draining_ ? now : waiting_since_ + limits_.collect;
}

auto Receiver::start_commit(reading::Instant now) -> Commit {
  while (!retry_at_ && !waiting_.empty() && committing_.size() < limits_.arrivals_per_commit &&
         committing_bytes_ < limits_.bytes_per_commit) {
    auto& next = waiting_.front();
    waiting_bytes_ -= next.bytes;
    committing_bytes_ += next.bytes;
    committing_.push_back(std::move(next.arrival));
    waiting_.pop_front();
  }
  waiting_since_ = now;
  commit_running_ = true;
  return Commit{committing_};
}

auto Receiver::step(reading::Now now) -> Step {
  if (!look_at_ || now.instant >= *look_at_) {
    look_for_missing(now.instant);
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
  if (commit && now.instant >= *commit) {
    return start_commit(now.instant);
  }
  return Wait{commit ? std::min(*commit, *look_at_) : *look_at_};
}

void Receiver::committed(std::span<const Verdict> verdicts) {
  if (retry_at_) {
    tell(Level::info, "database works", "the database works again");
  }
  ++counters_.commits;
  Confirmations confirmations;
  for (std::size_t index = 0; index < committing_.size() && index < verdicts.size(); ++index) {
    const auto& arrival = committing_[index];
    if (const auto* batch = std::get_if<BatchArrival>(&arrival)) {
      account(*batch, verdicts[index], confirmations);
    } else if (const auto* catalog = std::get_if<CatalogArrival>(&arrival)) {
      account(*catalog, verdicts[index]);
    } else if (std::holds_alternative<Quarantined>(arrival)) {
      ++counters_.quarantined;
    }
  }
  confirm(confirmations);
  committing_.clear();
  committing_bytes_ = 0;
  commit_running_ = false;
  retry_at_.reset();
  retry_pause_ = {};
}

void Receiver::account(const BatchArrival& arrival, Verdict verdict, Confirmations& confirmations) {
  const auto& header = arrival.batch.header;
  const StreamKey key{header.city, header.gateway, header.stream};
  if (verdict == Verdict::quarantined) {
    ++counters_.quarantined;
    tell(Level::warning, "quarantine " + key.city + "/" + key.gateway,
         about_batch(header) + " is set aside: it uses numbers that its catalog does not have");
    return;
  }
  auto& confirmation = confirmations[key];
  state_of(key).numbering.store(header.sequence);
  if (verdict == Verdict::conflict) {
    ++counters_.conflicts;
    tell(Level::error, "conflict " + key.city + "/" + key.gateway,
         about_batch(header) + " contradicts what is stored under this stream: set aside");
    add_number(confirmation.conflicts, header.sequence);
    return;
  }
  add_number(confirmation.stored, header.sequence);
  if (verdict == Verdict::already_there) {
    ++counters_.already_there;
  } else {
    ++counters_.batches_stored;
    counters_.readings_stored += header.readings;
  }
}

void Receiver::account(const CatalogArrival& arrival, Verdict verdict) {
  const auto& catalog = arrival.catalog;
  auto& stream = state_of(StreamKey{catalog.city, catalog.gateway, catalog.stream});
  const auto text = catalog.city + "/" + catalog.gateway + " stream " + to_text(catalog.stream) +
                    " catalog revision " + std::to_string(catalog.revision.value());
  if (verdict == Verdict::quarantined) {
    ++counters_.quarantined;
    stream.catalog = stream.committed_catalog;
    stream.judged.reset();
    tell(Level::error, "quarantine " + catalog.city + "/" + catalog.gateway,
         text + " is set aside: it contradicts itself");
    return;
  }
  if (verdict == Verdict::conflict) {
    // Its batches are not parked but answered: the gateway then opens a new stream.
    ++counters_.conflicts;
    tell(Level::error, "conflict " + catalog.city + "/" + catalog.gateway,
         text +
             " is set aside: it redefines numbers of the stream (a restored or copied card); "
             "what comes under this stream is answered as conflict");
    return;
  }
  stream.committed_catalog = std::max(stream.committed_catalog, catalog.revision);
  if (verdict == Verdict::already_there) {
    return;
  }
  tell(Level::info, "catalog " + catalog.city + "/" + catalog.gateway,
       text + ": " + std::to_string(catalog.meters.size()) + " meters, " +
           std::to_string(catalog.points.size()) + " points");
}

void Receiver::confirm(Confirmations& confirmations) {
  for (auto& [key, confirmation] : confirmations) {
    confirmation.stream = key.stream;
    merge(confirmation.stored);
    merge(confirmation.conflicts);
    outbox_.push_back(Publish{batch::to_text({key.city, key.gateway, TopicKind::confirm}),
                              batch::encode_confirmation(confirmation)});
  }
}

void Receiver::failed(const Failure& failure, reading::Now now) {
  ++counters_.failed_commits;
  if (!retry_at_) {
    tell(Level::error, "database fails",
         "the database does not commit (" + failure.text +
             "): nothing is confirmed, gateways keep their data; it is tried again");
  }
  commit_running_ = false;
  retry_pause_ = retry_pause_.count() == 0 ? limits_.first_retry
                                           : std::min(retry_pause_ * 2, limits_.longest_retry);
  retry_at_ = now.instant + retry_pause_;
  if (draining_) {
    drain();
  }
}

void Receiver::drain() {
  draining_ = true;
  if (retry_at_ && !commit_running_) {
    // Not confirmed, so the gateways still have it.
    counters_.dropped += committing_.size() + waiting_.size();
    retry_at_.reset();
    committing_.clear();
    waiting_.clear();
    waiting_bytes_ = 0;
    committing_bytes_ = 0;
  }
}

auto Receiver::idle() const -> bool {
  return !commit_running_ && committing_.empty() && waiting_.empty() && outbox_.empty() &&
         news_.empty();
}

void Receiver::look_for_missing(reading::Instant now) {
  std::size_t commands = 0;
  for (auto& [key, stream] : streams_) {
    while (!stream.parked.empty() && now >= stream.parked.front().until) {
      parked_bytes_ -= stream.parked.front().bytes;
      stream.parked.pop_front();
      drop(batch::to_text({key.city, key.gateway, TopicKind::batch}), "its catalog did not come");
    }
    if (commands < limits_.commands_per_look && ask(key, stream, now)) {
      ++commands;
    }
  }
}

auto Receiver::ask(const StreamKey& key, StreamState& stream, reading::Instant now) -> bool {
  batch::Command command;
  if (!stream.parked.empty() && stream.ask_catalog_at && now >= *stream.ask_catalog_at) {
    command.send_catalog = true;
    stream.ask_catalog_at = now + limits_.ask_catalog_every;
  }
  const auto current = current_.find({key.city, key.gateway});
  if (current != current_.end() && current->second == key.stream) {
    command.resend = stream.numbering.ask(now);
  }
  if (!command.send_catalog && command.resend.empty()) {
    return false;
  }
  command.id = ++last_command_;
  command.stream = key.stream;
  outbox_.push_back(Publish{batch::to_text({key.city, key.gateway, TopicKind::command}),
                            batch::encode_command(command)});
  if (!command.resend.empty()) {
    stream.resend_command = command.id;
    tell(Level::info, "missing " + key.city + "/" + key.gateway,
         key.city + "/" + key.gateway + " stream " + to_text(key.stream) + ": batches from " +
             std::to_string(command.resend.front().first.value()) + " to " +
             std::to_string(command.resend.back().last.value()) + " are missing and asked for");
  }
  return true;
}

void Receiver::tell(Tell::Level level, std::string subject, std::string text) {
  if (news_.size() >= news_limit) {
    return;  // the counters still tell how often
  }
  news_.push_back(Tell{level, std::move(subject), std::move(text)});
}

}  // namespace bornier::platform
