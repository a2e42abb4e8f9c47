#include "agent/served_log.h"

#include <algorithm>
#include <utility>

namespace rescind::agent {
namespace {

using feed::Batch;
using feed::Position;

std::unexpected<Error> not_leading_here() {
  return fail(ErrorCode::kCorrupt, "these batches do not lead up to those that are here");
}

}  // namespace

std::vector<std::string> ServedLog::start_at(const feed::Manifest& place) {
  std::vector<std::string> lost;
  for (Kept& kept : kept_) {
    // A place behind our own is no history without what we have; one of a later term is.
    const bool is_of_it = place.position.term <= kept.sealed.position.term ||
                          feed::contains(place.terms, place.position, kept.sealed.position);
    if (!is_of_it) lost.push_back(std::move(kept.sealed.jws));
  }
  terms_ = place.terms;
  floor_ = {.position = place.position, .head = place.head};
  kept_.clear();
  bytes_ = 0;
  at_ = std::max(at_, place.at);
  started_ = true;
  return lost;
}

void ServedLog::append(const feed::Received& link) {
  const Batch& batch = link.batch;
  const Position head = kept_.empty() ? floor_.position : kept_.back().sealed.position;
  if (batch.kind == feed::Kind::kTerm || head.number == 0) {
    terms_.push_back(
        {.term = batch.position.term, .first = batch.position.number, .previous = batch.previous});
  }
  bytes_ += link.jws.size();
  kept_.push_back(
      {.sealed = {.position = batch.position, .hash = link.hash, .jws = link.jws}, .at = batch.at});
  started_ = true;
  heard(batch.at);
}

void ServedLog::heard(WallTime at) {
  at_ = std::max(at_, at);
  trim();
}

// The last one stays: it is the head.
void ServedLog::trim() {
  while (kept_.size() > 1 &&
         (bytes_ > options_.max_bytes || kept_.front().at < at_ - options_.retention)) {
    const feed::Sealed& oldest = kept_.front().sealed;
    floor_ = {.position = oldest.position, .head = oldest.hash};
    bytes_ -= oldest.jws.size();
    kept_.pop_front();
  }
}

Result<void> ServedLog::prepend(std::span<const std::string> words) {
  std::vector<Kept> earlier;
  std::size_t bytes = 0;
  feed::Place reaches = floor_;  // from the newest back
  for (std::size_t i = words.size(); i-- > 0;) {
    const auto word = feed::read_word(words[i]);
    const auto* batch = word ? std::get_if<Batch>(&word->content) : nullptr;
    if (batch == nullptr || batch->position != reaches.position || word->hash != reaches.head) {
      return not_leading_here();
    }
    earlier.push_back({.sealed = {.position = batch->position, .hash = word->hash, .jws = words[i]},
                       .at = batch->at});
    bytes += words[i].size();
    // The number alone, until the batch before it tells its term.
    const Position before{.term = batch->position.term, .number = batch->position.number - 1};
    reaches = {.position = before, .head = batch->previous};
    for (const feed::Term& term : terms_) {
      if (before.number < term.first) break;
      reaches.position.term = term.term;
    }
    if (before.number == 0) reaches.position = {};
  }
  if (bytes_ + bytes > options_.max_bytes) {
    return fail(ErrorCode::kTooLarge, "the feed's tail does not fit into what is kept of it");
  }
  bytes_ += bytes;
  for (Kept& one : earlier) kept_.push_front(std::move(one));
  floor_ = reaches;
  trim();
  return {};
}

Result<feed::Head> ServedLog::head() {
  if (!started_) return fail(ErrorCode::kUnavailable, "this agent has not caught up yet");
  if (kept_.empty()) {
    return feed::Head{.position = floor_.position, .hash = floor_.head, .at = at_};
  }
  const feed::Sealed& last = kept_.back().sealed;
  return feed::Head{.position = last.position, .hash = last.hash, .at = at_};
}

Result<std::vector<feed::Sealed>> ServedLog::read_after(Position after, std::size_t limit) {
  TRY_ASSIGN(const feed::Head head, this->head());
  if (!feed::contains(terms_, head.position, after)) {
    return fail(ErrorCode::kConflict, "no position of this feed's history as it is known here");
  }
  if (after < floor_.position) {
    return fail(ErrorCode::kGone, "older than what is kept here; take the snapshot");
  }
  std::vector<feed::Sealed> batches;
  for (auto i = static_cast<std::size_t>(after.number - floor_.position.number);
       i < kept_.size() && batches.size() < limit; ++i) {
    batches.push_back(kept_[i].sealed);
  }
  return batches;
}

Result<feed::Snapshot> ServedLog::snapshot() {
  return fail(ErrorCode::kUnavailable, "an agent makes no snapshots: it passes on its upstream's");
}

Position ServedLog::before_floor(std::uint64_t count) const {
  const std::uint64_t last = floor_.position.number;
  Position found{};
  const std::uint64_t number = last > count ? last - count : 0;
  for (const feed::Term& term : terms_) {
    if (number >= term.first) found = {.term = term.term, .number = number};
  }
  return found;
}

}  // namespace rescind::agent
