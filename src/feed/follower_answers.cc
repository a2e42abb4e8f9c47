#include "feed/follower_body.h"
#include "feed/keys.h"

namespace rescind::feed {

void Follower::Body::take_answers(Now now) {
  const Upstream::Answers answers = upstream.take();
  if (answers.batches) on_run(*answers.batches, now);
  if (answers.snapshot) on_snapshot(*answers.snapshot, now);
  if (answers.heartbeat) on_origins_word(*answers.heartbeat, now);
  if (answers.report) receipts.answered(answers.report->has_value());
  publish();
}

// A word that we cannot check (its key may be announced further on) is none: the origin has a later
// head than we know, and old words of a broker must not pass for its answer.
void Follower::Body::on_origins_word(const Result<std::string>& answer, Now now) {
  pulse.answered(now.boot);
  const std::uint64_t understood = counters.heartbeats;
  if (answer) on_word(*answer, now, kFromOrigin);
  const bool is_a_word = counters.heartbeats > understood;
  origin_answered = origin_answered || !answer || is_a_word;
  if (!is_a_word) return confirm_term(false, now);
  const auto heartbeat = std::get<Heartbeat>(read_word(*answer)->content);
  forget_what_ended_before(heartbeat.head.term);
  told_term = heartbeat.head.term;
  confirm_term(tells_next_time(heartbeat), now);
  if (!freshness.at() && next_freshness.at()) pulse.ask_soon(now.boot);  // a road was faster
  // Now we may believe its term: those who follow us wait for that.
  if (chain.place() == Place{.position = heartbeat.head, .head = heartbeat.hash}) {
    pass_on(heartbeat, *answer);
  }
}

// What roads alone have told of the time of a term that the origin has never spoken of, and then
// speaks of a later one: their words may have been held back since that term ended.
void Follower::Body::forget_what_ended_before(std::uint64_t term) {
  const auto forget = [this](std::uint64_t of_term, revocation::Freshness& what) {
    if (what.at()) {  // nothing older is believed instead, over a restart either
      known_term = of_term;
      known_at = *what.at();
    }
    what = {};
  };
  const bool was_told = told_term && *told_term >= fresh_term;
  if (fresh_term < term && !was_told) {
    forget(fresh_term, freshness);
    fresh_term = 0;
  }
  if (next_term < term) forget(next_term, next_freshness);
}

// The time of the term that waits for it. Not where the origin is in another one already, and not
// where the authority's clock was set back within it, which hides how long our word was under way.
bool Follower::Body::tells_next_time(const Heartbeat& heartbeat) const {
  return heartbeat.head.term == next_term && heartbeat.at >= next_freshness.at();
}

// What can be read of it, from its first batch that we do not have.
std::vector<Received> Follower::Body::read_run(const std::vector<std::string>& words) {
  std::vector<Received> run;
  for (const auto& jws : words) {
    auto word = read_word(jws);
    auto* batch = word ? std::get_if<Batch>(&word->content) : nullptr;
    if (batch == nullptr || !is_ours(batch->issuer, batch->feed)) {
      ++counters.refused_words;
      break;
    }
    if (run.empty() && chain.fit(*batch, word->hash) == Chain::Fit::kKnown) continue;
    run.push_back({.batch = std::move(*batch),
                   .hash = word->hash,
                   .key_id = std::move(word->key_id),
                   .jws = jws,
                   .road = std::string(kFromOrigin)});
  }
  return run;
}

void Follower::Body::on_run(const Result<std::vector<std::string>>& answer, Now now) {
  repair.answered();
  if (!answer) {
    conflict = answer.error().code == ErrorCode::kConflict;
    if (conflict || answer.error().code == ErrorCode::kGone) {
      repair.need_snapshot(now.boot);
    } else {
      repair.failed(now.boot);
    }
    return;
  }
  const std::vector<Received> run = read_run(*answer);
  std::span<const Received> rest = run;
  const Place before = chain.place();
  while (const std::size_t count = vouched(rest, chain.place(), chain.keys())) {
    std::size_t linked = 0;
    while (linked < count && link(rest[linked], now)) ++linked;
    if (linked > 0) {
      refresh(chain.position().term, rest[linked - 1].batch.at, now);
      rest = rest.subspan(linked);
    }
    if (linked < count) break;
  }
  link_early(now);
  after_run(before != chain.place(), !rest.empty(), now);
}

void Follower::Body::after_run(bool progress, bool rest, Now now) {
  if (progress) ++counters.repairs;
  if (progress && !origin_answered) pulse.ask_soon(now.boot);
  const bool go_on = progress && (behind() || !ready || rest || in_doubt);
  if (!progress) in_doubt = false;
  if (obstacle == Obstacle::kNotUnderstood) {
    repair.done();
  } else if (go_on) {
    repair.go_on(now.boot);
  } else if (rest && obstacle == Obstacle::kNone) {
    repair.need_snapshot(now.boot);  // it does not link to ours, or keys that we lack signed it
  } else if (rest || behind()) {
    repair.failed(now.boot);
  } else {
    repair.done();
  }
}

Result<OpenedSnapshot> Follower::Body::open(const Snapshot& snapshot) const {
  TRY_ASSIGN(OpenedSnapshot opened, open_snapshot(snapshot, chain.keys()));
  if (!is_ours(opened.manifest.issuer, opened.manifest.feed)) {
    return fail(ErrorCode::kCorrupt, "the snapshot is of another feed");
  }
  return opened;
}

// Joined to what we know, never put in its place.
void Follower::Body::on_snapshot(const Result<Snapshot>& answer, Now now) {
  repair.answered();
  if (!answer) return repair.failed(now.boot);
  const auto opened = open(*answer);
  if (!opened) {
    ++counters.refused_words;
    log.warning("snapshot refused", {{"why", opened.error().message}});
    return repair.failed(now.boot);
  }
  if (!writer.join(opened->entries)) {
    stop_at(Obstacle::kIndexFull);
    return repair.failed(now.boot);
  }
  ++counters.snapshots;
  writer.index().raise_purge_time(opened->manifest.purge_time);
  if (take_place_of(opened->manifest, answer->manifest)) {
    obstacle = Obstacle::kNone;
    if (!origin_answered) pulse.ask_soon(now.boot);
    meet_heartbeat(now);
    receipts.applied(false, {}, now.boot);
    repair.go_on(now.boot);
    link_early(now);
  } else if (behind()) {
    repair.failed(now.boot);
  } else {
    repair.done();
  }
}

bool Follower::Body::take_place_of(const Manifest& manifest, const std::string& jws) {
  const Position ours = chain.position();
  const bool of_our_history = contains(manifest.terms, manifest.position, ours) ||
                              contains(chain.terms(), ours, manifest.position);
  if (conflict && ours.number > 0) receipts.show(chain.place(), chain.proof());
  conflict = false;
  if (!of_our_history) on_lost_history(manifest);
  if (manifest.position <= ours) return false;
  if (auto keys = key_set_of(manifest.keys)) chain.trust(*std::move(keys));
  if (!writer.set_rules(manifest.rules)) {
    stop_at(Obstacle::kIndexFull);
    return false;
  }
  chain.adopt(manifest, jws);
  tell_place();
  log.info("snapshot taken", {{"position", revocation::to_string(manifest.position)}});
  return true;
}

// An old backup restored, a standby that lagged: we know what the authority has forgotten.
void Follower::Body::on_lost_history(const Manifest& manifest) {
  receipts.show(chain.place(), chain.proof());
  if (alarmed_term == manifest.position.term) return;
  alarmed_term = manifest.position.term;
  ++counters.histories_lost;
  log.error("feed history lost: the authority does not know batches that it has signed",
            {{"position", revocation::to_string(chain.position())},
             {"authority", revocation::to_string(manifest.position)}});
}

}  // namespace rescind::feed
