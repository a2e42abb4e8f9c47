#include "library/checker.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "library/config.h"
#include "library/feed_source.h"
#include "library/shared_source.h"

namespace rescind::library {
namespace {

constexpr Milliseconds kLookAgain{1};

Result<std::unique_ptr<Source>> source_of(const Config& config, const Clock& clock,
                                          Random& random) {
  if (config.shared) return SharedSource::open(*config.shared, config.issuers, random);
  return FeedSource::open(config, clock, random);
}

}  // namespace

Result<std::unique_ptr<Checker>> Checker::open(std::string_view config, const Clock& clock,
                                               Random& random) {
  TRY_ASSIGN(const Config read, parse_config(config));
  TRY_ASSIGN(auto source, source_of(read, clock, random));
  return std::unique_ptr<Checker>(new Checker(read.verify, std::move(source), clock, random));
}

Checker::Checker(const verifier::Options& options, std::unique_ptr<Source> source,
                 const Clock& clock, Random& random)
    : options_(options),
      clock_(clock),
      source_(std::move(source)),
      pool_(options, source_->first(), random),
      watches_(
          options, source_->first(), [this](Now now) { source_->look(now, {}); }, clock, random) {
  source_->start([this](const Knowledge& knowledge) {
    pool_.adopt(knowledge);
    watches_.adopt(knowledge);
  });
}

Checker::~Checker() {
  watches_.end();  // its thread asks the source
  source_.reset();
}

VerifierPool::Checked Checker::check(std::string_view token, Now now,
                                     std::optional<revocation::Position> wanted) {
  VerifierPool::Checked checked = pool_.check(token, now, wanted);
  if (checked.behind && source_->look(now, checked.issuer_of_unknown_key)) {
    checked = pool_.check(token, now, wanted);
  }
  return checked;
}

Decision Checker::verify(std::string_view token) {
  return check(token, clock_.now(), std::nullopt).decision;
}

Decision Checker::verify_at(std::string_view token, std::string_view position, Milliseconds wait) {
  const Now now = clock_.now();
  const auto wanted = revocation::parse_position(position);
  VerifierPool::Checked checked = check(token, now, wanted);
  if (!checked.short_of_wanted || wait <= Milliseconds(0)) return std::move(checked.decision);
  if (waiting_.fetch_add(1) < kMaxWaiting) {
    checked = wait_for(token, *wanted, now.boot + std::min(wait, kMaxWait));
  }
  waiting_.fetch_sub(1);
  return std::move(checked.decision);
}

// Nobody tells of what is applied in another process, so it is looked for.
VerifierPool::Checked Checker::wait_for(std::string_view token, revocation::Position wanted,
                                        BootTime deadline) {
  for (;;) {
    std::this_thread::sleep_for(kLookAgain);
    const Now now = clock_.now();
    VerifierPool::Checked checked = check(token, now, wanted);
    if (!checked.short_of_wanted || now.boot >= deadline) return checked;
  }
}

Decision Checker::is_revoked(std::string_view payload, std::optional<std::string_view> key_id) {
  const Now now = clock_.now();
  VerifierPool::Checked checked = pool_.check_claims(payload, key_id, now);
  if (checked.behind && source_->look(now, {})) checked = pool_.check_claims(payload, key_id, now);
  // Nothing here has verified the claims.
  if (!checked.decision.accepted()) return std::move(checked.decision);
  return checked.decision.stale() ? Decision::accept_stale(nullptr) : Decision::accept(nullptr);
}

std::unique_ptr<Verifier::Watch> Checker::on_revoked(std::string_view payload,
                                                     std::optional<std::string_view> key_id,
                                                     std::function<void(Reason)> then) {
  auto watched = pool_.watch(payload, key_id);
  if (!watched) return nullptr;
  return watches_.add(*std::move(watched), std::move(then));
}

Verifier::State Checker::state() {
  const Now now = clock_.now();
  VerifierPool::State known = pool_.state(now);
  if (!known.fresh && source_->look(now, {})) known = pool_.state(now);
  return {.term = known.feed.position.term,
          .number = known.feed.position.number,
          .staleness = known.staleness,
          .max_staleness = options_.max_staleness,
          .fresh = known.fresh,
          .shared = source_->shared(),
          .on_stale = to_string(options_.on_stale),
          .revocations = known.revocations,
          .checks = known.checks,
          .signatures = known.signatures,
          .error = known.fresh ? std::string() : source_->error()};
}

}  // namespace rescind::library
