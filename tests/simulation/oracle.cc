#include "simulation/oracle.h"

#include <algorithm>
#include <iterator>

namespace rescind::simulation {
namespace {

using revocation::Entry;

constexpr std::string_view kIssuer = "https://auth.example";
constexpr std::uint64_t kSweepSeconds = 8;  // an entry's own rounding, and a sweep's time

// What is live in an index and stays so for a while, in one order. The reason that an earlier entry
// of the same target gave goes with that, which is earlier at one host than at the other.
std::vector<Entry> lasting_entries(const revocation::Index& index, WallTime until) {
  std::vector<Entry> entries;
  index.for_each([&](Entry entry) {
    entry.reason = revocation::Reason::kRevoked;
    if (entry.until > static_cast<std::uint64_t>(to_seconds(until)) + kSweepSeconds) {
      entries.push_back(entry);
    }
  });
  std::ranges::sort(
      entries, {}, [](const Entry& entry) { return std::tuple(entry.key, entry.cut.has_value()); });
  return entries;
}

}  // namespace

const revocation::Key& issuer_key() {
  static const revocation::Key key = revocation::key_of(kIssuer, "iss", kIssuer);
  return key;
}

bool is_revoked(const revocation::Index& index, const Token& token) {
  revocation::Index::Reader reader(index);
  const auto is_cut = [&](const revocation::Key& key) {
    const auto found = reader.find_cut(key);
    return found && token.stamp < found->cut;
  };
  return reader.find(token.session_key) || is_cut(token.user_key) || is_cut(issuer_key());
}

Token& Oracle::mint(Token token) {
  token.id = tokens_.size();
  token.session_key = revocation::key_of(kIssuer, "sid", token.session);
  token.user_key = revocation::key_of(kIssuer, "sub", token.user);
  return tokens_.emplace_back(std::move(token));
}

std::size_t Oracle::submit(Revoked revoked) {
  revoked.submitted = tick();
  revocations_.push_back(std::move(revoked));
  return revocations_.size() - 1;
}

void Oracle::acknowledge(std::size_t revoked) {
  revocations_[revoked].acknowledged = tick();
  revocations_[revoked].acknowledged_at = world_.now();
}

void Oracle::commit(const feed::Batch& batch) {
  if (batch.kind == feed::Kind::kTerm) {
    std::erase_if(terms_,
                  [&](const feed::Term& term) { return term.first >= batch.position.number; });
    terms_.push_back(
        {.term = batch.position.term, .first = batch.position.number, .previous = batch.previous});
  }
  if (batch.kind == feed::Kind::kUnknown && batch.critical && !not_understood_) {
    not_understood_ = batch.position;
  }
  says(batch.at);
  head_ = batch.position;
  auto& entries = committed_[batch.position];
  for (const auto& one : batch.revocations) entries.push_back(entry_of(one));
}

void Oracle::says(WallTime at) {
  ahead_ = std::max(ahead_, at.time_since_epoch() - std::chrono::floor<Milliseconds>(world_.now()));
}

void Oracle::restore(std::uint64_t order_of_backup) {
  for (auto& revoked : revocations_) {
    if (revoked.acknowledged.value_or(order_) > order_of_backup) revoked.lost = true;
  }
  if (issuer_cut_ && *issuer_cut_ > order_of_backup) issuer_cut_.reset();
  has_restored_ = true;
}

void Oracle::cut_issuer() {
  issuer_cut_ = issuer_cut_ever_ = tick();
  issuer_cut_at_ = world_.now();
}

void Oracle::violate(std::string_view promise, const Seen& who, const std::string& what) {
  std::string line = std::string(promise) + " " + who.name + " at " +
                     to_string(who.index->state().position) + ", " +
                     std::to_string(who.staleness.count()) + " ms stale: " + what;
  world_.note("VIOLATION", line);
  violations_.push_back(std::move(line));
}

// Where the origin cannot be asked, the bound on clock skew alone limits what a road can hide.
Milliseconds Oracle::slack(const Seen& who) const {
  return who.unconfirmed ? slack_ + revocation::kDefaultMaxClockSkew : slack_;
}

// What is acknowledged before a sign-in begins never hits its tokens, what is acknowledged later
// always does.
bool Oracle::must_hit(const Revoked& revoked, const Token& token) const {
  if (!revoked.acknowledged) return false;
  if (!revoked.whole_user) return revoked.name == token.session;
  return revoked.name == token.user && *revoked.acknowledged > token.began;
}

bool Oracle::may_hit(const Revoked& revoked, const Token& token) const {
  if (revoked.failed) return false;
  return revoked.acknowledged ? must_hit(revoked, token)
                              : revoked.name == (revoked.whole_user ? token.user : token.session);
}

// Whether who knows all up to this time has to know of it, or of what covers it.
bool Oracle::is_known_by(const Revoked& revoked, Time time) const {
  if (!revoked.lost) return revoked.acknowledged_at <= time;
  return issuer_cut_ && *issuer_cut_ > *revoked.acknowledged && issuer_cut_at_ <= time;
}

void Oracle::on_decision(const Seen& who, const Token& token, Verdict verdict) {
  ++decisions_;
  if (verdict == Verdict::kAccepted) check_accepted(who, token);
  if (verdict == Verdict::kRevoked) check_refused(who, token);
}

void Oracle::check_accepted(const Seen& who, const Token& token) {
  ++accepted_;
  const Time known = world_.now() - who.staleness - slack(who);
  for (const auto& revoked : revocations_) {
    if (must_hit(revoked, token) && is_known_by(revoked, known)) {
      violate(revoked.lost ? "R12" : "R1", who,
              "accepts a token of " + token.user + ", session " + token.session + ": " +
                  revoked.name + " was revoked");
      return;
    }
  }
  const Memory& memory = memories_[who.name];
  if (memory.refused.contains(token.id) && !memory.unsaved.contains(token.id)) {
    violate("R8", who, "accepts what it had refused, session " + token.session);
  }
}

void Oracle::check_refused(const Seen& who, const Token& token) {
  ++refused_;
  memories_[who.name].refused.insert(token.id);
  memories_[who.name].unsaved.erase(token.id);
  const bool justified = (issuer_cut_ever_ && token.began < *issuer_cut_ever_) ||
                         std::ranges::any_of(revocations_, [&](const Revoked& revoked) {
                           return may_hit(revoked, token);
                         });
  if (!justified) {
    violate("R3", who, "refuses a token that nothing hits, session " + token.session);
  }
}

bool Oracle::holds(const Seen& who, const Entry& entry) const {
  if (entry.until < static_cast<std::uint64_t>(to_seconds(who.index->purge_time())) + 5)
    return true;
  revocation::Index::Reader reader(*who.index);
  if (!entry.cut) {
    const auto reason = reader.find(entry.key);
    return reason && *reason >= entry.reason;
  }
  const auto found = reader.find_cut(entry.key);
  return found && found->cut >= *entry.cut && found->reason >= entry.reason;
}

// Never falls, and never passes what any word of the authority says, whatever the host's clock.
void Oracle::check_purge_time(const Seen& who, Memory& memory) {
  constexpr Milliseconds kDrift{50};
  const WallTime purge_time = who.index->purge_time();
  if (purge_time < memory.purge_time) {
    violate("R8", who, "its purge time has fallen");
  }
  const WallTime latest{ahead_ + std::chrono::floor<Milliseconds>(world_.now()) + kDrift};
  if (purge_time > latest) violate("R8", who, "purges what the authority has not let go");
  memory.purge_time = purge_time;
}

// A position says that all batches up to it are in.
void Oracle::on_step(const Seen& who) {
  Memory& memory = memories_[who.name];
  check_purge_time(who, memory);
  const revocation::Position at = who.index->state().position;
  if (at == memory.checked) return;
  if (not_understood_ && at >= *not_understood_) {
    violate("R7", who, "has gone past what it does not understand");
  }
  if (memory.checked.number > 0 && !feed::contains(terms_, head_, memory.checked)) {
    memory.has_seen_loss = true;
  }
  for (auto one = committed_.upper_bound(memory.checked);
       one != committed_.end() && one->first <= at; ++one) {
    if (!feed::contains(terms_, head_, one->first)) continue;  // of a lost branch
    for (const auto& entry : one->second) {
      if (!holds(who, entry)) {
        violate("R11", who,
                "is at " + to_string(at) + " without an entry of " + to_string(one->first));
      }
    }
  }
  memory.checked = at;
}

void Oracle::on_ready(const Seen& who) {
  const Time known = std::min<Time>(who.started, world_.now() - who.staleness) - slack(who);
  for (const auto& token : tokens_) {
    for (const auto& revoked : revocations_) {
      if (!must_hit(revoked, token) || !is_known_by(revoked, known)) continue;
      const bool expired = token.expires + kLeeway <= who.index->purge_time();
      if (expired || is_revoked(*who.index, token)) continue;
      violate("R10", who, "is ready without what was revoked before its start: " + revoked.name);
    }
  }
}

void Oracle::on_saved(const Seen& who) {
  Memory& memory = memories_[who.name];
  memory.saved_purge_time = who.index->purge_time();
  memory.saved.clear();
  std::ranges::set_difference(memory.refused, memory.unsaved,
                              std::inserter(memory.saved, memory.saved.end()));
}

void Oracle::on_restart(const std::string& who, bool has_checkpoint) {
  Memory& memory = memories_[who];
  memory.checked = {};
  memory.has_seen_loss = false;
  memory.purge_time = has_checkpoint ? memory.saved_purge_time : WallTime{};
  if (!has_checkpoint) memory.saved.clear();
  memory.unsaved.clear();
  std::ranges::set_difference(memory.refused, memory.saved,
                              std::inserter(memory.unsaved, memory.unsaved.end()));
  // What the authority has not forgotten is learned again; the rest is in the checkpoint or gone.
  if (has_restored_) memory.refused = memory.saved;
}

// Whatever is due is gone, and what is due follows the time.
void Oracle::check_bounded(const Seen& who) {
  constexpr Milliseconds kFarBehind{26'000};
  const WallTime now{ahead_ + std::chrono::floor<Milliseconds>(world_.now())};
  // A wrong clock, an old checkpoint and no authority hold it up; then it runs twice as fast.
  if (!who.clock_was_wrong && who.index->purge_time() + kFarBehind < now) {
    violate("R4", who, "has stopped purging");
  }
  const auto purged = static_cast<std::uint64_t>(to_seconds(who.index->purge_time()));
  who.index->for_each([&](const Entry& entry) {
    if (entry.until < purged && purged - entry.until > kSweepSeconds) {
      violate("R4", who, "keeps an entry that nobody needs");
    }
  });
}

void Oracle::check_alike(const Seen& who, const Seen& first) {
  if (!who.ready || who.staleness > Milliseconds(5'000)) {
    violate("R7", who,
            "is not fresh though all faults are healed: " + std::to_string(who.staleness.count()) +
                " ms");
  }
  if (who.index->state().position != head_) {
    violate(
        "R6", who,
        "is at " + to_string(who.index->state().position) + ", the head is " + to_string(head_));
  }
  const bool one_history = std::ranges::none_of(revocations_, &Revoked::lost) && !issuer_cut_ever_;
  const WallTime purge_time = std::max(who.index->purge_time(), first.index->purge_time());
  if (one_history &&
      lasting_entries(*who.index, purge_time) != lasting_entries(*first.index, purge_time)) {
    violate("R6", who, "holds other entries than " + first.name);
  }
}

void Oracle::at_the_end(const std::vector<Seen>& followers) {
  for (const auto& who : followers) {
    if (not_understood_) {
      if (who.staleness <= Milliseconds(5'000)) {
        violate("R7", who, "is fresh though it cannot follow");
      }
      continue;
    }
    check_alike(who, followers.front());
    check_bounded(who);
    if (memories_[who.name].has_seen_loss && !issuer_cut_ever_) {
      violate("R12", who, "knows of a loss that the authority was never shown");
    }
  }
}

}  // namespace rescind::simulation
