#include "simulation/oracle.h"

#include <algorithm>
#include <iterator>

namespace rescind::simulation {
namespace {

using revocation::Entry;

// What is live in an index and stays so for a while, in one order.
std::vector<Entry> lasting_entries(const revocation::Index& index, WallTime until) {
  std::vector<Entry> entries;
  index.for_each([&](const Entry& entry) {
    if (entry.until > static_cast<std::uint64_t>(to_seconds(until)) + 8) entries.push_back(entry);
  });
  std::ranges::sort(
      entries, {}, [](const Entry& entry) { return std::tuple(entry.key, entry.cut.has_value()); });
  return entries;
}

}  // namespace

Token& Oracle::mint(Token token) {
  token.id = tokens_.size();
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
  head_ = batch.position;
  auto& entries = committed_[batch.position];
  for (const auto& one : batch.revocations) entries.push_back(entry_of(one));
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
  if (!entry.cut) return reader.find(entry.key).has_value();
  const auto found = reader.find_cut(entry.key);
  return found && found->cut >= *entry.cut;
}

// A position says that all batches up to it are in.
void Oracle::on_step(const Seen& who) {
  Memory& memory = memories_[who.name];
  const revocation::Position at = who.index->state().position;
  if (at == memory.checked) return;
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
      revocation::Index::Reader reader(*who.index);
      const bool expired = token.expires + kLeeway <= who.index->purge_time();
      const auto issuer = std::string("https://auth.example");
      const auto cut_of = [&](std::string_view claim, const std::string& value) {
        const auto found = reader.find_cut(revocation::key_of(issuer, claim, value));
        return found && token.stamp < found->cut;
      };
      if (expired || reader.find(revocation::key_of(issuer, "sid", token.session)) ||
          cut_of("sub", token.user) || cut_of("iss", issuer)) {
        continue;
      }
      violate("R10", who, "is ready without what was revoked before its start: " + revoked.name);
    }
  }
}

void Oracle::on_saved(const std::string& who) {
  Memory& memory = memories_[who];
  memory.saved.clear();
  std::ranges::set_difference(memory.refused, memory.unsaved,
                              std::inserter(memory.saved, memory.saved.end()));
}

void Oracle::on_restart(const std::string& who, bool has_checkpoint) {
  Memory& memory = memories_[who];
  memory.checked = {};
  if (!has_checkpoint) memory.saved.clear();
  memory.unsaved.clear();
  std::ranges::set_difference(memory.refused, memory.saved,
                              std::inserter(memory.unsaved, memory.unsaved.end()));
  // What the authority has not forgotten is learned again; the rest is in the checkpoint or gone.
  if (has_restored_) memory.refused = memory.saved;
}

void Oracle::at_the_end(const std::vector<Seen>& followers) {
  WallTime purge_time{};
  for (const auto& who : followers) purge_time = std::max(purge_time, who.index->purge_time());
  const bool one_history = std::ranges::none_of(revocations_, &Revoked::lost) && !issuer_cut_ever_;
  for (const auto& who : followers) {
    if (!who.ready || who.staleness > Milliseconds(5'000)) {
      violate("R7", who,
              "is not fresh though all faults are healed: " +
                  std::to_string(who.staleness.count()) + " ms");
    }
    if (who.index->state().position != head_) {
      violate(
          "R6", who,
          "is at " + to_string(who.index->state().position) + ", the head is " + to_string(head_));
    }
    if (one_history && lasting_entries(*who.index, purge_time) !=
                           lasting_entries(*followers.front().index, purge_time)) {
      violate("R6", who, "holds other entries than " + followers.front().name);
    }
  }
}

}  // namespace rescind::simulation
