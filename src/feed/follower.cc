#include "feed/follower.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "feed/follower_body.h"
#include "feed/keys.h"

namespace rescind::feed {
namespace {

constexpr std::size_t kPurgeBuckets = 65'536;  // a step's worth, about a millisecond
constexpr Milliseconds kPurgePause{50};        // between the parts of a sweep
constexpr Milliseconds kPurgeEvery{1000};      // between sweeps
// Refused words make us ask the origin at most this often: whoever sends them chooses how many.
constexpr Milliseconds kDoubtEvery{1000};
// So long is the origin asked for the time of a new term; well under the staleness that verifiers
// tolerate by default, so that who can reach a broker only is not stale at each restart of the
// authority.
constexpr Milliseconds kConfirmWithin{10'000};

}  // namespace

Follower::Body::Body(Options the_options, revocation::Index& index, Origin& origin,
                     Checkpoint* checkpoint, Random& random, Log& events,
                     std::function<void()> the_wake)
    : options(std::move(the_options)),
      log(events),
      wake(std::move(the_wake)),
      writer(index, options.may_revoke),
      upstream(origin, wake),
      chain(options.keys ? options.keys : std::make_shared<const jwt::KeySet>()),
      repair(upstream, random, options.repair_pause),
      pulse(upstream, random, options.heartbeat),
      receipts({.follower = options.name, .policy = options.policy, .every = options.receipt_every},
               upstream),
      checkpointing(
          {.issuer = options.issuer, .feed = options.feed, .every = options.checkpoint_every},
          checkpoint) {}

// The checkpoint, if it is good; then the origin is asked for what came after it.
void Follower::Body::start(Now now) {
  if (started) return;
  started = true;
  auto loaded = checkpointing.load(chain.keys());
  if (loaded && *loaded) {
    const auto joined = writer.join_segments((*loaded)->segments);
    if (!joined && joined.error().code == ErrorCode::kCorrupt) {
      loaded = std::unexpected(joined.error());
    } else if (!joined) {
      stop_at(Obstacle::kIndexFull);
    }
  }
  if (!loaded) {
    ++counters.checkpoint_failures;
    log.warning("checkpoint not loaded", {{"why", loaded.error().message}});
  }
  if (loaded && *loaded) {
    CheckpointState& state = **loaded;
    if (!writer.set_rules(state.manifest.rules)) stop_at(Obstacle::kIndexFull);
    writer.index().raise_purge_time(state.manifest.purge_time);
    std::vector<std::string> jwks = jwks_of(*extended(chain.keys(), state.manifest.announcements));
    jwks.insert(jwks.end(), state.manifest.keys.begin(), state.manifest.keys.end());
    if (auto keys = key_set_of(jwks)) chain.trust(*std::move(keys));
    if (obstacle == Obstacle::kNone) chain.adopt(state.manifest, std::move(state.proof));
    known_at = state.manifest.at;
    known_term = state.manifest.position.term;
    tell_place();
  }
  if (chain.position().number == 0) {
    repair.need_snapshot(now.boot);
  } else {
    repair.go_on(now.boot);
  }
  publish();
}

bool Follower::Body::is_ours(std::string_view issuer, std::string_view feed) const {
  return issuer == options.issuer && feed == options.feed;
}

void Follower::Body::refuse(std::string_view why, Now now) {
  ++counters.refused_words;
  // One line for the first, the second, the fourth, …: a flood does not fill the log.
  if (std::has_single_bit(counters.refused_words)) {
    log.warning("feed word refused", {{"why", why}, {"refused", counters.refused_words}});
  }
  // It may stand in the place of a genuine one, or be signed by a key that is announced further on.
  in_doubt = true;
  if (last_doubt && now.boot - *last_doubt < kDoubtEvery) return;
  last_doubt = now.boot;
  repair.need(now.boot);
}

void Follower::Body::on_word(std::string_view jws, Now now, std::string_view road) {
  auto word = read_word(jws);
  if (!word) return refuse(word.error().message, now);
  if (const auto* heartbeat = std::get_if<Heartbeat>(&word->content)) {
    if (!is_ours(heartbeat->issuer, heartbeat->feed)) return refuse("of another feed", now);
    if (!signed_by(jws, word->key_id, chain.keys())) return refuse("not signed by the feed", now);
    return on_heartbeat(*heartbeat, jws, now);
  }
  auto& batch = std::get<Batch>(word->content);
  if (!is_ours(batch.issuer, batch.feed)) return refuse("of another feed", now);
  // A repetition changes nothing, whoever signed it.
  if (chain.fit(batch, word->hash) == Chain::Fit::kKnown || early.holds(batch, word->hash)) return;
  if (!signed_by(jws, word->key_id, chain.keys())) return refuse("not signed by the feed", now);
  on_batch({.batch = std::move(batch),
            .hash = word->hash,
            .key_id = std::move(word->key_id),
            .jws = std::string(jws),
            .road = std::string(road)},
           now);
}

// Moves no position. It refreshes where its head is ours; any other head tells the time, and that
// something is missing here, that it is late, or that the authority has lost what we have.
void Follower::Body::on_heartbeat(const Heartbeat& heartbeat, std::string_view jws, Now now) {
  ++counters.heartbeats;
  const Place head{.position = heartbeat.head, .head = heartbeat.hash};
  if (heartbeat.head.term == known_term && heartbeat.at <= known_at)
    return;  // from before our start, or before what was forgotten
  if (!start_head || start_head->position.term < head.position.term) start_head = head;
  if (head != chain.place()) observe(head.position.term, heartbeat.at, now);
  if (head == chain.place()) {
    chain.confirm(std::string(jws));
    refresh(heartbeat.head.term, heartbeat.at, now);
    pass_on(heartbeat, jws);
  } else if (chain.fit(head) != Chain::Fit::kKnown) {
    awaited = heartbeat;
    awaited_jws = jws;
    note_head(head, now);
  } else if (freshness.at() && heartbeat.at > *freshness.at()) {
    repair.need(now.boot);  // a later word of an earlier head: let the origin say which holds
  }
  publish();
}

void Follower::Body::on_batch(Received received, Now now) {
  const Place place{.position = received.batch.position, .head = received.hash};
  switch (chain.fit(received.batch, received.hash)) {
    case Chain::Fit::kNext:
      if (link(received, now)) {
        refresh(place.position.term, received.batch.at, now);
        link_early(now);
      } else {
        note_head(place, now);
      }
      break;
    case Chain::Fit::kAhead:
      observe(place.position.term, received.batch.at, now);
      join_out_of_order(received.batch);
      early.keep(std::move(received));
      note_head(place, now);
      break;
    case Chain::Fit::kForeign:
      join_out_of_order(received.batch);
      if (place.position > chain.position()) note_head(place, now);
      break;
    case Chain::Fit::kKnown:
      break;
  }
  publish();
}

// Entries first, then the place: who reads the place finds all that belongs to it.
bool Follower::Body::link(const Received& next, Now now) {
  if (next.batch.kind == Kind::kUnknown && next.batch.critical) {
    stop_at(Obstacle::kNotUnderstood);
    return false;
  }
  const auto joined = writer.join(next.batch);
  if (!joined || (next.batch.kind == Kind::kRules && !writer.set_rules(next.batch.rules))) {
    stop_at(Obstacle::kIndexFull);
    return false;
  }
  obstacle = Obstacle::kNone;
  chain.advance(next);
  if (hearer) hearer->on_link(next);
  meet_heartbeat(now);
  ++counters.batches;
  counters.entries += joined->entries;
  receipts.applied(next.batch.wants_receipt, next.road, now.boot);
  publish();
  if (observer) observer(next.batch);
  return true;
}

void Follower::Body::link_early(Now now) {
  while (const auto next = early.take_next(chain.place())) {
    // Its signature was checked when it came, under the keys of then.
    if (!signed_by(next->jws, next->key_id, chain.keys()) || !link(*next, now)) break;
    refresh(next->batch.position.term, next->batch.at, now);
  }
  if (target && !behind()) {
    target.reset();
    repair.done();
  }
}

// A genuine revocation holds whatever came before it; rules, keys and terms wait for their turn.
void Follower::Body::join_out_of_order(const Batch& batch) {
  const auto joined = writer.join(batch);
  if (joined) {
    counters.entries += joined->entries;
  } else {
    stop_at(Obstacle::kIndexFull);
  }
}

void Follower::Body::note_head(const Place& head, Now now) {
  if (ready && !behind()) {
    ++counters.gaps;
    log.info("feed gap", {{"at", revocation::to_string(chain.position())},
                          {"head", revocation::to_string(head.position)}});
  }
  if (!target || head.position > target->position) target = head;
  if (obstacle != Obstacle::kNotUnderstood) repair.need(now.boot);
}

// A heartbeat that came before its head holds from when that is reached.
void Follower::Body::meet_heartbeat(Now now) {
  if (!awaited || chain.place() != Place{.position = awaited->head, .head = awaited->hash}) return;
  refresh(awaited->head.term, awaited->at, now);
  pass_on(*awaited, awaited_jws);
  awaited.reset();
}

// Before our origin has told us the time, and of a term that is not confirmed, a word may have been
// held back: who follows us would take it for our origin's.
void Follower::Body::pass_on(const Heartbeat& heartbeat, std::string_view jws) {
  if (!hearer || !told_term || heartbeat.head.term > fresh_term) return;
  hearer->on_heartbeat(heartbeat, jws);
}

void Follower::Body::tell_place() {
  if (hearer && chain.position().number > 0) hearer->on_place(chain.manifest());
}

void Follower::Body::stop_at(Obstacle what) {
  if (obstacle == what) return;
  obstacle = what;
  log.error(what == Obstacle::kIndexFull
                ? "index full: revocations do not fit, the follower is stale until they do"
                : "feed needs a newer version of this program: the follower is stale",
            {{"position", revocation::to_string(chain.position())}});
}

// A new term may have another clock, so what we know of the old one's says nothing of how long its
// first word was under way. The origin's word does: until that has come, or could not be had for a
// while, we stay as fresh as the old term left us: not at all, where it ended before we got there.
void Follower::Body::refresh(std::uint64_t term, WallTime at, Now now) {
  if (term == known_term && at <= known_at) return;
  // Of a term that has ended: who knows how long it was held back.
  const bool ended = (heard && heard->term > term) || (told_term && *told_term > term);
  if (ended && (!freshness.at() || term > fresh_term)) return;
  const bool begun_since = told_term && term > *told_term;
  if (!freshness.at() && !next_freshness.at() && !begun_since) fresh_term = term;
  if (term <= fresh_term) {
    const bool first = !freshness.at();
    if (freshness.refresh(term, at, now.boot) && origin_answered) pulse.heard(now.boot);
    if (first) recall(freshness);
    return;
  }
  const bool begins = !next_freshness.at() || term > next_term;
  if (begins) {
    next_since = now.boot;
    pulse.ask_soon(now.boot);
  }
  if (next_freshness.refresh(term, at, now.boot)) next_term = term;
  if (begins) recall(next_freshness);
}

void Follower::Body::observe(std::uint64_t term, WallTime at, Now now) {
  freshness.observe(term, at, now.boot);
  next_freshness.observe(term, at, now.boot);
  const auto ahead = [](const Heard& word) {
    return word.at.time_since_epoch() -
           std::chrono::floor<Milliseconds>(word.arrival.time_since_epoch());
  };
  const Heard word{.term = term, .at = at, .arrival = now.boot};
  if (!heard || term > heard->term || (term == heard->term && ahead(word) > ahead(*heard))) {
    heard = word;
  }
}

// A word may tell the time of a term before anything of that term makes us fresh. What comes then
// may have been under way for long.
void Follower::Body::recall(revocation::Freshness& begun) {
  if (heard) begun.observe(heard->term, heard->at, heard->arrival);
}

void Follower::Body::confirm_term(bool by_origin, Now now) {
  if (!next_freshness.at()) return;
  if (!by_origin && now.boot - next_since < kConfirmWithin) return;
  if (!by_origin) ++counters.unconfirmed_terms;
  freshness = std::exchange(next_freshness, {});
  fresh_term = next_term;
}

// Of a word of our position's term: another term's clock may have been ahead.
WallTime Follower::Body::last_at() const {
  const std::uint64_t term = chain.position().term;
  if (freshness.at() && fresh_term == term) return *freshness.at();
  if (next_freshness.at() && next_term == term) return *next_freshness.at();
  return known_term == term ? known_at : WallTime{};
}

// A head of the same position and another hash counts too: it is of another branch.
bool Follower::Body::behind() const {
  return target && target->position >= chain.position() && *target != chain.place();
}

void Follower::Body::publish() {
  if (!ready && origin_answered && start_head && chain.fit(*start_head) == Chain::Fit::kKnown) {
    ready = true;
    log.info("follower ready", {{"position", revocation::to_string(chain.position())}});
  }
  writer.index().set_state({.position = chain.position(),
                            .head = chain.place().head,
                            .freshness = freshness,
                            .ready = ready,
                            .can_follow = obstacle == Obstacle::kNone});
}

// A receipt says that this place is what decides here.
BootTime Follower::Body::report(BootTime now) {
  if (options.is_seen && !options.is_seen()) return BootTime::max();
  return receipts.step(now, chain.place());
}

Follower::Follower(Options options, revocation::Index& index, Origin& origin,
                   Checkpoint* checkpoint, Random& random, Log& events, std::function<void()> wake)
    : body_(std::make_unique<Body>(std::move(options), index, origin, checkpoint, random, events,
                                   std::move(wake))) {}
Follower::~Follower() = default;

void Follower::on_word(std::string_view jws, Now now, std::string_view road) {
  body_->start(now);
  body_->on_word(jws, now, road);
  if (body_->wake) body_->wake();  // a question, a receipt may be due before the last deadline
}

BootTime Follower::step(Now now) {
  Body& body = *body_;
  body.start(now);
  body.take_answers(now);
  if (now.boot >= body.purge_due) {
    const bool swept = body.writer.index().purge(now, kPurgeBuckets);
    body.purge_due = now.boot + (swept ? kPurgeEvery : kPurgePause);
  }
  if (now.boot >= body.checkpointing.due(now.boot, body.chain.place())) {
    (void)save_checkpoint(now);  // counted and logged there
  }
  const BootTime deadline =
      std::min({body.repair.step(now.boot, body.chain.position()), body.pulse.step(now.boot),
                body.report(now.boot), body.checkpointing.due(now.boot, body.chain.place()),
                body.purge_due});
  return body.upstream.has_answers() ? now.boot : deadline;
}

Result<void> Follower::save_checkpoint(Now now) {
  Body& body = *body_;
  auto saved = body.checkpointing.save(body.chain, body.writer.index(), body.last_at());
  body.checkpointing.saved(now.boot);
  if (!saved) {
    ++body.counters.checkpoint_failures;
    body.log.error("checkpoint not written", {{"why", saved.error().message}});
  }
  return saved;
}

Position Follower::position() const { return body_->chain.position(); }
Position Follower::last_head() const {
  const Position ours = body_->chain.position();
  return body_->target ? std::max(ours, body_->target->position) : ours;
}
bool Follower::ready() const { return body_->ready; }
bool Follower::can_follow() const { return body_->obstacle == Body::Obstacle::kNone; }

Milliseconds Follower::staleness(Now now) const {
  if (!ready() || !can_follow()) return Milliseconds::max();
  return body_->freshness.staleness(now, revocation::kDefaultMaxClockSkew);
}

const Follower::Counters& Follower::counters() const { return body_->counters; }

void Follower::on_applied(std::function<void(const Batch&)> observer) {
  body_->observer = std::move(observer);
}

void Follower::pass_on(Hearer hearer) { body_->hearer = std::move(hearer); }
const jwt::KeySet& Follower::keys() const { return body_->chain.keys(); }

}  // namespace rescind::feed
