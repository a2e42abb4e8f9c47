#include "cli/roles/follow_samples.h"

#include <chrono>

namespace rescind::cli {

void expose_index(daemon::Samples& samples, const revocation::Index& index) {
  samples.gauge({"rescind_index_entries", "Live revocations."}, {},
                static_cast<double>(index.entries()));
  samples.gauge({"rescind_index_bytes", "Memory of the index."}, {},
                static_cast<double>(index.bytes()));
}

void expose_follower(daemon::Samples& samples, const feed::Follower* follower, Now now) {
  if (follower == nullptr) return;
  samples.gauge({"rescind_feed_position", "Number of the last batch applied."}, {},
                static_cast<double>(follower->position().number));
  samples.gauge({"rescind_feed_staleness_seconds", "Age of what is known."}, {},
                std::chrono::duration<double>(follower->staleness(now)).count());
  const feed::Follower::Counters& counters = follower->counters();
  samples.counter({"rescind_feed_gaps_total", "Batches found missing."}, {},
                  static_cast<double>(counters.gaps));
  samples.counter({"rescind_feed_refused_words_total", "Forged or damaged words."}, {},
                  static_cast<double>(counters.refused_words));
  samples.counter({"rescind_feed_histories_lost_total", "Histories that the authority lost."}, {},
                  static_cast<double>(counters.histories_lost));
  samples.counter({"rescind_feed_unconfirmed_terms_total",
                   "Terms believed after their time, since the origin could not be asked."},
                  {}, static_cast<double>(counters.unconfirmed_terms));
}

void expose_issuers(daemon::Samples& samples, const issuer::Issuers& issuers) {
  const daemon::MetricName fetches{"rescind_jwks_fetches_total", "Key sets fetched."};
  for (const issuer::Issuers::Status& one : issuers.status()) {
    samples.gauge({"rescind_issuer_keys", "Usable keys of an issuer."}, {{"issuer", one.issuer}},
                  static_cast<double>(one.keys));
    if (!one.fetched) continue;
    samples.counter(fetches, {{"issuer", one.issuer}, {"result", "ok"}},
                    static_cast<double>(one.counters.taken));
    samples.counter(fetches, {{"issuer", one.issuer}, {"result", "failed"}},
                    static_cast<double>(one.counters.failures));
  }
}

std::string missing_keys(const issuer::Issuers& issuers) {
  const std::vector<issuer::Issuers::Status> all = issuers.status();
  if (all.front().keys == 0) return "no keys of the authority";
  for (const issuer::Issuers::Status& one : all) {
    if (one.keys == 0 && one.counters.failures == 0) return "no keys of " + one.issuer + " yet";
  }
  return "";
}

}  // namespace rescind::cli
