#include "authority/lost_history.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "authority/session_end.h"
#include "authority/until.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

namespace claim = revocation::claim;

constexpr Milliseconds kTryAgain{1'000};
constexpr std::size_t kPage = 500;
constexpr std::size_t kTriedProofs = 64;

std::unexpected<Error> no_proof() {
  return fail(ErrorCode::kInvalid, "this is no proof of a lost history");
}

// The sessions that a cut of the subject had ended: what they minted since then goes too.
Result<void> end_sessions_before(store::Transaction& transaction, std::string_view subject,
                                 revocation::Stamp cut, const Act& act, const TokenPolicy& policy) {
  store::Page page{.after = {}, .limit = kPage};
  for (;;) {
    TRY_ASSIGN(const auto rows, transaction.sessions().of_subject(subject, page));
    for (const store::Session& row : rows) {
      if (row.stamp < cut) TRY(end_session(transaction, row, act, policy));
    }
    if (rows.size() < kPage) return {};
    page.after = rows.back().id;
  }
}

}  // namespace

Result<void> LostHistory::begin(std::string_view proof, Now now) {
  auto lost = core_.committer.find_lost(proof);
  if (!lost) {
    if (lost.error().code == ErrorCode::kCorrupt) return no_proof();
    return std::unexpected(std::move(lost).error());
  }
  if (!*lost) return {};
  if (pending_ && pending_->run.head() >= (*lost)->proof.position) return {};
  const Position common = (*lost)->common.position;
  feed::LostRun run((*lost)->proof, (*lost)->common, options_.max_bytes);
  const std::string word(proof);
  run.take(std::span(&word, 1));  // a batch is its own proof
  // A later proof of the same loss gets no more time.
  const BootTime deadline = pending_ ? pending_->deadline : now.boot + options_.wait;
  const std::uint64_t parted = (*lost)->parted == 0 ? ~std::uint64_t{0} : (*lost)->parted;
  pending_ = Pending{.proof = word, .run = std::move(run), .parted = parted, .deadline = deadline};
  core_.committer.hold(true);
  if (options_.ask && options_.wait > Milliseconds(0)) options_.ask(common);
  return {};
}

void LostHistory::show(std::string_view proof, Now now, Done<void> done) {
  if (waiting_.size() >= options_.proofs) {
    return done(fail(ErrorCode::kExhausted, "too many show proofs, show it again"));
  }
  if (auto begun = begin(proof, now); !begun) {
    core_.counters.receipts_refused.add();
    return done(std::move(begun));
  }
  if (!pending_) return done({});
  waiting_.push_back(std::move(done));
  step(now);
}

// The newest that is genuine is a proof itself. What lies above it unsigned (a broker takes
// whatever it is given) hides it only for so many tries.
Result<void> LostHistory::look_for_proof(const std::vector<std::string>& words, Now now) {
  std::vector<std::pair<Position, const std::string*>> candidates;
  for (const std::string& jws : words) {
    const auto word = feed::read_word(jws);
    const auto* batch = word ? std::get_if<feed::Batch>(&word->content) : nullptr;
    if (batch == nullptr) continue;
    if (pending_ && batch->position.term >= pending_->parted) continue;  // of this history
    if (pending_ && batch->position <= pending_->run.head()) continue;
    candidates.emplace_back(batch->position, &jws);
  }
  std::ranges::sort(candidates, std::greater{}, &decltype(candidates)::value_type::first);
  candidates.resize(std::min(candidates.size(), kTriedProofs));
  Result<void> begun = pending_ ? Result<void>() : Result<void>(no_proof());
  for (const auto& [position, jws] : candidates) {
    begun = begin(*jws, now);
    if (begun) break;
  }
  return begun;
}

Result<bool> LostHistory::give(const std::vector<std::string>& words, Now now) {
  const Result<void> begun = look_for_proof(words, now);
  if (!pending_) {
    if (!begun) return std::unexpected(begun.error());
    return false;
  }
  pending_->run.take(words);
  step(now);
  return pending_.has_value();
}

BootTime LostHistory::step(Now now) {
  if (pending_ && now.boot >= pending_->deadline) settle(now);
  return pending_ ? pending_->deadline : BootTime::max();
}

void LostHistory::settle(Now now) {
  KeyRing::Rows rows;
  store::Committer::TakenBack taken;
  const std::size_t batches = pending_->run.batches().size();
  if (batches > 0) {
    taken.complete = pending_->run.complete();
    taken.commit_anew = [this, &rows](store::Transaction& transaction, Position first) {
      rows.clear();
      return commit_anew(transaction, first, rows);
    };
  }
  const auto recovered = core_.committer.recover(pending_->proof, options_.cut, now, taken);
  if (!recovered && recovered.error().code != ErrorCode::kCorrupt) {
    // The store cannot be written: nobody can revoke or refresh either.
    core_.log.error("a lost history cannot be dealt with yet",
                    {{"why", recovered.error().message}});
    pending_->deadline = now.boot + kTryAgain;
    return;
  }
  if (recovered && *recovered) {
    core_.counters.histories_lost.add();
    core_.log.error("history lost: a follower has shown a signed head that this log has not",
                    {{"taken_back_batches", batches}, {"all", taken.complete ? "yes" : "no"}});
  }
  if (!rows.empty()) {
    if (const auto adopted = keys_.adopt(rows); !adopted) {
      core_.log.error("signing keys not adopted", {{"error", adopted.error().message}});
    }
  }
  pending_.reset();
  core_.committer.hold(false);
  for (Done<void>& done : std::exchange(waiting_, {})) done({});
}

Result<void> LostHistory::commit_anew(store::Transaction& transaction, Position first,
                                      KeyRing::Rows& rows) {
  for (const feed::Batch& batch : pending_->run.batches()) {
    for (const revocation::Revocation& revocation : batch.revocations) {
      TRY(commit_anew(transaction, revocation, batch, first, rows));
    }
  }
  return {};
}

Result<void> LostHistory::commit_anew(store::Transaction& transaction,
                                      revocation::Revocation revocation, const feed::Batch& from,
                                      Position first, KeyRing::Rows& rows) {
  const Act act{.reason = revocation.reason,
                .actor = "authority",
                .note = "taken back from " + revocation::to_string(from.position)};
  const std::string& name = revocation.target.claim;
  const bool is_ours = revocation.target.issuer == core_.policy.issuer;
  const std::string value = revocation::to_string(revocation.target.value);
  if (is_ours && name == claim::kSession) {
    TRY_ASSIGN(const auto session, transaction.sessions().by_id(value));
    if (session) {
      TRY(transaction.sessions().end(session->id, state_of(revocation.reason)));
      revocation.until = std::max(revocation.until, until_expiry(session->last_access_expiry));
    }
  } else if (is_ours && name == claim::kSubject) {
    if (revocation.cut) {
      TRY(end_sessions_before(transaction, value, *revocation.cut, act, core_.policy));
    }
  } else if (is_ours && name == claim::kKeyId) {
    TRY(KeyRing::remove(transaction, value, rows));
  } else if (is_ours && revocation.cut) {
    revocation.cut = std::max(*revocation.cut, first);
    revocation.until = std::max(revocation.until, until_of_ours(transaction));
  }
  TRY(transaction.revoke(std::move(revocation), act.actor, act.note));
  return {};
}

}  // namespace rescind::authority
