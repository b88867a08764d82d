// SPDX-License-Identifier: Apache-2.0
// What is missing: first looked for in the database, since another receiver may have stored it,
// then asked for.
#include <algorithm>

#include "platform/receiver.hpp"
#include "reading/time_text.hpp"

namespace bornier::platform {

using batch::TopicKind;
using Level = Tell::Level;

void Receiver::look_for_missing(reading::Instant now) {
  commands_left_ = limits_.commands_per_look;
  const bool may_reread =
      !draining_ && !retry_at_ && (!reread_again_at_ || now >= *reread_again_at_);
  for (auto& [key, stream] : streams_) {
    while (!stream.parked.empty() && now >= stream.parked.front().until) {
      parked_bytes_ -= stream.parked.front().size.waiting;
      held_.erase(stream.parked.front().digest);
      stream.parked.pop_front();
      drop(batch::to_text({key.city, key.gateway, TopicKind::batch}), "its catalog did not come");
    }
    if (may_reread && rereads_.size() < limits_.rereads_per_look && !stream.rereading) {
      reread_if_due(key, stream, now);
    }
  }
}

void Receiver::reread_if_due(const StreamName& key, StreamState& stream, reading::Instant now) {
  const auto current = current_.find({key.city, key.gateway});
  const bool is_current = current != current_.end() && current->second == key.stream;
  const bool wants_catalog =
      !stream.parked.empty() && stream.ask_catalog_at && now >= *stream.ask_catalog_at;
  const auto missing = is_current ? stream.numbering.due(now) : std::nullopt;
  if (!stream.read || wants_catalog) {
    request_reread(key, stream, batch::Sequence{1});
  } else if (missing) {
    request_reread(key, stream, *missing);
  }
}

void Receiver::request_reread(const StreamName& key, StreamState& stream, batch::Sequence from) {
  stream.rereading = true;
  rereads_.push_back(Reread{key, from});
}

void Receiver::take_in(const KnownStream& known, StreamState& stream) {
  stream.read = true;
  stream.rereading = false;
  stream.catalog = std::max(stream.catalog, known.catalog);
  stream.committed_catalog = std::max(stream.committed_catalog, known.catalog);
  for (const auto& range : known.stored) {
    stream.numbering.store(range);
  }
}

void Receiver::reread(const KnownStream& known, reading::Instant now) {
  rereads_work();
  if (auto* stream = find(known.name)) {
    take_in(known, *stream);
    stream->numbering.looked(now);
    unpark(*stream, now);
    ask(known.name, *stream, now);
  }
}

void Receiver::not_reread(const StreamName& name, reading::Instant now) {
  if (auto* stream = find(name)) {
    stream->rereading = false;
  }
  // The others would fail as well, one long wait after the other.
  forget_rereads();
  reread_pause_ = reread_pause_.count() == 0 ? limits_.first_retry
                                             : std::min(reread_pause_ * 2, limits_.longest_retry);
  reread_again_at_ = now + reread_pause_;
}

void Receiver::forget_rereads() {
  for (const auto& reread : rereads_) {
    if (auto* stream = find(reread.stream)) {
      stream->rereading = false;
    }
  }
  rereads_.clear();
}

void Receiver::rereads_work() {
  reread_again_at_.reset();
  reread_pause_ = {};
}

void Receiver::ask(const StreamName& key, StreamState& stream, reading::Instant now) {
  if (commands_left_ == 0) {
    return;
  }
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
    return;
  }
  --commands_left_;
  command.id = next_command_++;
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
}

void Receiver::look_for_silent(reading::Instant now) {
  for (const auto& change : gateways_.watch(now)) {
    const auto name = change.city + "/" + change.gateway;
    const auto seen = change.last_seen ? "; last seen " + reading::to_text(*change.last_seen) : "";
    tell(change.silent ? Level::warning : Level::info, (change.silent ? "silent " : "back ") + name,
         name + (change.silent ? " is silent" + seen : " is back"));
  }
}

auto Receiver::report() const -> std::vector<GatewayReport> {
  std::vector<GatewayReport> reports;
  for (const auto& [name, figures] : gateways_.figures()) {
    GatewayReport report{name.first, name.second, figures, 0, std::nullopt};
    const auto current = current_.find(name);
    const auto stream = current == current_.end()
                            ? streams_.end()
                            : streams_.find({name.first, name.second, current->second});
    if (stream != streams_.end()) {
      for (const auto& hole : stream->second.numbering.missing()) {
        report.missing += hole.last.value() - hole.first.value() + 1;
        report.oldest_missing = report.oldest_missing.value_or(hole.first);
      }
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace bornier::platform
