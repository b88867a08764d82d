// SPDX-License-Identifier: Apache-2.0
// What waits for the database, and what follows from its answer.
#include <algorithm>

#include "platform/names.hpp"
#include "platform/receiver.hpp"

namespace bornier::platform {

using batch::TopicKind;
using Level = Tell::Level;

namespace {

void add_number(std::vector<batch::SequenceRange>& ranges, batch::Sequence number) {
  ranges.push_back(batch::SequenceRange{number, number});
}

/// Of a batch that waited without them.
void restore_entries(Arrival& arrival) {
  auto* batch = std::get_if<BatchArrival>(&arrival);
  if (!batch || !std::holds_alternative<reading::Entries>(batch->batch.body)) {
    return;
  }
  auto decoded = batch::decode_batch(batch->payload);
  if (decoded) {
    batch->batch = std::move(*decoded);
    return;
  }
  const auto& header = batch->batch.header;
  arrival = Quarantined{batch::to_text({header.city, header.gateway, TopicKind::batch}),
                        std::string{to_text(decoded.error())}, std::move(batch->payload),
                        batch->received_at};
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
  const bool full = waiting_.size() >= limits_.arrivals_per_commit ||
                    waiting_size_.decoded >= limits_.bytes_per_commit;
  return full || draining_ ? now : waiting_since_ + limits_.collect;
}

auto Receiver::start_commit(reading::Instant now) -> Commit {
  while (!retry_at_ && !waiting_.empty() && committing_.size() < limits_.arrivals_per_commit &&
         committing_bytes_ < limits_.bytes_per_commit) {
    auto& next = waiting_.front();
    waiting_size_.waiting -= next.size.waiting;
    waiting_size_.decoded -= next.size.decoded;
    committing_bytes_ += next.size.decoded;
    restore_entries(next.arrival);
    committing_.push_back(std::move(next.arrival));
    committing_digests_.push_back(next.digest);
    waiting_.pop_front();
  }
  waiting_since_ = now;
  commit_running_ = true;
  return Commit{committing_};
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
  for (const auto& digest : committing_digests_) {
    held_.erase(digest);
  }
  committing_digests_.clear();
  committing_.clear();
  committing_bytes_ = 0;
  commit_running_ = false;
  retry_at_.reset();
  retry_pause_ = {};
  rereads_work();
  rereads_before_commit_ = limits_.rereads_per_commit;
}

void Receiver::account(const BatchArrival& arrival, Verdict verdict, Confirmations& confirmations) {
  const auto& header = arrival.batch.header;
  const StreamName key{header.city, header.gateway, header.stream};
  gateways_.stored(arrival, verdict);
  if (verdict == Verdict::quarantined) {
    ++counters_.quarantined;
    tell(Level::warning, "quarantine " + key.city + "/" + key.gateway,
         about(header) +
             " is set aside: it has numbers that its catalog does not have, or times that no "
             "database takes");
    return;
  }
  auto& confirmation = confirmations[key];
  if (auto* stream = find(key)) {
    stream->numbering.store(header.sequence);
  }
  if (verdict == Verdict::conflict) {
    ++counters_.conflicts;
    tell(Level::error, "conflict " + key.city + "/" + key.gateway,
         about(header) + " contradicts what is stored under this stream: set aside");
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
  auto* stream = find(StreamName{catalog.city, catalog.gateway, catalog.stream});
  const auto text = catalog.city + "/" + catalog.gateway + " stream " + to_text(catalog.stream) +
                    " catalog revision " + std::to_string(catalog.revision.value());
  if (verdict == Verdict::quarantined) {
    ++counters_.quarantined;
    if (stream) {
      stream->catalog = stream->committed_catalog;
      stream->judged.reset();
    }
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
  if (stream) {
    stream->committed_catalog = std::max(stream->committed_catalog, catalog.revision);
  }
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
  forget_rereads();
  if (draining_) {
    drain();
  }
}

/// A long queue may take minutes, and whoever stops a service waits for seconds.
void Receiver::keep_one_commit() {
  std::size_t kept = 0;
  Size size;
  while (kept < waiting_.size() && kept < limits_.arrivals_per_commit &&
         size.decoded < limits_.bytes_per_commit) {
    size.waiting += waiting_[kept].size.waiting;
    size.decoded += waiting_[kept].size.decoded;
    ++kept;
  }
  counters_.dropped += waiting_.size() - kept;
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(kept), waiting_.end());
  waiting_size_ = size;
}

void Receiver::drain() {
  draining_ = true;
  forget_rereads();
  keep_one_commit();
  if (retry_at_ && !commit_running_) {
    // Not confirmed, so the gateways still have it.
    counters_.dropped += committing_.size() + waiting_.size();
    retry_at_.reset();
    committing_.clear();
    waiting_.clear();
    waiting_size_ = {};
    committing_bytes_ = 0;
  }
}

}  // namespace bornier::platform
