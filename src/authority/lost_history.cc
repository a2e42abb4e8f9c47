#include "authority/lost_history.h"

#include <algorithm>
#include <functional>
#include <ranges>
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
constexpr Milliseconds kAskMissing{1'000};  // again and again while commits wait
constexpr Milliseconds kAskAgain{10'000};   // then twice as long, and so on
constexpr std::size_t kLateAtOnce = 64;     // batches on their way into the store

std::unexpected<Error> no_proof() {
  return fail(ErrorCode::kInvalid, "this is no proof of a lost history");
}

std::uint64_t parted_of(const store::Committer::Lost& lost) {
  return lost.parted == 0 ? ~std::uint64_t{0} : lost.parted;
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
  pending_ = Pending{.proof = word,
                     .run = std::move(run),
                     .parted = parted_of(**lost),
                     .deadline = deadline,
                     .ask_at = now.boot + kAskMissing};
  core_.committer.hold(true);
  if (options_.ask && is_asked()) options_.ask(common);
  return {};
}

void LostHistory::resume(Now now) {
  if (!is_asked()) return;
  const auto found = core_.committer.open_loss(now.wall);
  if (!found) {
    core_.log.warning("lost batches that come late are not taken any more",
                      {{"why", found.error().message}});
    return;
  }
  const auto& open = *found;
  if (!open) return;
  feed::LostRun run(open->lost.proof, open->lost.common, options_.max_bytes);
  run.go_on_from(open->missing);
  const Milliseconds left = std::min(open->until - now.wall, options_.late);
  late_ = Late{.run = std::move(run),
               .parted = parted_of(open->lost),
               .cut = open->cut,
               .until = now.boot + left,
               .ask_at = now.boot + kAskAgain,
               .ask_again = kAskAgain};
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
  const feed::LostRun* known = pending_ ? &pending_->run : late_ ? &late_->run : nullptr;
  const std::uint64_t parted = pending_ ? pending_->parted : late_ ? late_->parted : 0;
  for (const std::string& jws : words) {
    const auto word = feed::read_word(jws);
    const auto* batch = word ? std::get_if<feed::Batch>(&word->content) : nullptr;
    if (batch == nullptr) continue;
    if (known != nullptr && batch->position.term >= parted) continue;  // of this history
    if (known != nullptr && batch->position <= known->head()) continue;
    candidates.emplace_back(batch->position, &jws);
  }
  std::ranges::sort(candidates, std::greater{}, &decltype(candidates)::value_type::first);
  candidates.resize(std::min(candidates.size(), kTriedProofs));
  Result<void> begun = known != nullptr ? Result<void>() : Result<void>(no_proof());
  for (const auto& [position, jws] : candidates) {
    begun = begin(*jws, now);
    if (begun) break;
  }
  return begun;
}

Result<bool> LostHistory::give(const std::vector<std::string>& words, Now now) {
  if (late_ && now.boot >= late_->until) late_.reset();
  const Result<void> begun = look_for_proof(words, now);
  if (!pending_ && !late_) {
    if (!begun) return std::unexpected(begun.error());
    return false;
  }
  if (pending_) {
    pending_->run.take(words);
  } else {
    take_late(words, now);
  }
  step(now);
  return pending_ || late_;
}

BootTime LostHistory::step(Now now) {
  if (pending_ && now.boot >= pending_->deadline) settle(now);
  if (pending_) ask_for_missing(now);
  step_late(now);
  BootTime next = pending_ ? std::min(pending_->deadline, pending_->ask_at) : BootTime::max();
  if (late_) next = std::min({next, late_->until, late_->ask_at});
  if (!anew_->batches.empty()) next = std::min(next, std::max(anew_->due, now.boot + kTryAgain));
  return next;
}

// Who could not be reached at once may be by now.
void LostHistory::ask_for_missing(Now now) {
  if (now.boot < pending_->ask_at) return;
  pending_->ask_at = now.boot + kAskMissing;
  if (options_.ask && !pending_->run.complete()) options_.ask(pending_->run.common().position);
}

void LostHistory::settle(Now now) {
  KeyRing::Rows rows;
  store::Committer::TakenBack taken{.missing = pending_->run.missing(),
                                    .late = is_asked() ? options_.late : Milliseconds(0)};
  const std::size_t batches = pending_->run.batches().size();
  if (batches > 0) {
    taken.complete = pending_->run.complete();
    taken.commit_anew = [this, &rows](store::Transaction& transaction,
                                      Position first) -> Result<void> {
      rows.clear();
      for (const feed::Batch& batch : pending_->run.batches()) {
        TRY(commit_anew(transaction, batch, first, rows));
      }
      return {};
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
  adopt(rows);
  if (recovered && *recovered) expect_late(taken.complete, now);
  pending_.reset();
  core_.committer.hold(false);
  for (Done<void>& done : std::exchange(waiting_, {})) done({});
}

void LostHistory::adopt(const KeyRing::Rows& rows) {
  if (rows.empty()) return;
  if (const auto adopted = keys_.adopt(rows); !adopted) {
    core_.log.error("signing keys not adopted", {{"error", adopted.error().message}});
  }
}

void LostHistory::expect_late(bool complete, Now now) {
  late_.reset();
  if (complete || !is_asked()) return;
  pending_->run.let_go();  // committed
  late_ = Late{.run = std::move(pending_->run),
               .parted = pending_->parted,
               .cut = options_.cut ? std::optional(core_.committer.head()) : std::nullopt,
               .until = now.boot + options_.late,
               .ask_at = now.boot + kAskAgain,
               .ask_again = kAskAgain};
}

void LostHistory::take_late(const std::vector<std::string>& words, Now now) {
  const std::size_t taken = late_->run.take(words);
  if (taken == 0) return;
  // The newest first, as they are remembered.
  for (feed::Batch& batch : late_->run.let_go() | std::views::reverse) {
    anew_->batches.push_back(
        {.loss = late_->run.head(), .batch = std::move(batch), .cut = late_->cut, .rows = {}});
  }
  core_.log.warning("lost batches have come late and are committed anew",
                    {{"batches", taken}, {"all", late_->run.complete() ? "yes" : "no"}});
  if (late_->run.complete()) late_.reset();
  commit_late(now);
}

void LostHistory::step_late(Now now) {
  if (late_ && now.boot >= late_->until) late_.reset();
  if (late_ && now.boot >= late_->ask_at) {
    late_->ask_again *= 2;
    late_->ask_at = now.boot + late_->ask_again;
    if (options_.ask) options_.ask(late_->run.common().position);
  }
  commit_late(now);
}

// Each by itself: one that cannot be committed keeps no other back.
void LostHistory::commit_late(Now now) {
  while (!anew_->batches.empty() && anew_->under_way < kLateAtOnce && now.boot >= anew_->due) {
    const auto one = std::make_shared<LateBatch>(std::move(anew_->batches.front()));
    anew_->batches.pop_front();
    ++anew_->under_way;
    core_.committer.submit(
        [this, one](store::Transaction& transaction) -> Result<void> {
          one->rows.clear();
          TRY(commit_anew(transaction, one->batch, one->cut, one->rows));
          return transaction.losses().took_back(one->loss, one->batch.position.number,
                                                one->batch.previous);
        },
        [this, one, anew = anew_, now](const Result<store::Committer::Committed>& committed) {
          --anew->under_way;
          if (committed) return adopt(one->rows);
          const ErrorCode code = committed.error().code;
          if (code == ErrorCode::kUnavailable || code == ErrorCode::kExhausted) {
            anew->due = now.boot + kTryAgain;
            const auto place = std::ranges::find_if(anew->batches, [&](const LateBatch& waiting) {
              return waiting.batch.position.number < one->batch.position.number;
            });
            anew->batches.insert(place, std::move(*one));
            return;
          }
          core_.log.error("a lost batch that came late cannot be committed anew",
                          {{"position", revocation::to_string(one->batch.position)},
                           {"why", committed.error().message}});
        });
  }
}

Result<void> LostHistory::commit_anew(store::Transaction& transaction, const feed::Batch& batch,
                                      std::optional<Position> cut, KeyRing::Rows& rows) {
  for (const revocation::Revocation& revocation : batch.revocations) {
    TRY(commit_anew(transaction, revocation, batch, cut, rows));
  }
  return {};
}

Result<void> LostHistory::commit_anew(store::Transaction& transaction,
                                      revocation::Revocation revocation, const feed::Batch& from,
                                      std::optional<Position> cut, KeyRing::Rows& rows) {
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
    if (cut) {
      revocation.cut = std::max(*revocation.cut, *cut);
    } else {
      revocation.cut.reset();
    }
    revocation.until = std::max(revocation.until, until_of_ours(transaction));
  }
  TRY(transaction.revoke(std::move(revocation), act.actor, act.note));
  return {};
}

}  // namespace rescind::authority
