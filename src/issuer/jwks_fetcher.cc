#include "issuer/jwks_fetcher.h"

#include <algorithm>
#include <utility>

#include "issuer/discovery.h"

namespace rescind::issuer {
namespace {

// So that no two sets of the same keys are handed on as different ones.
std::string fingerprint(const jwt::KeySet& keys) {
  std::string all;
  for (const jwt::Key& key : keys.keys()) all += key.public_jwk() + "\n";
  return all;
}

}  // namespace

struct JwksFetcher::Body : std::enable_shared_from_this<JwksFetcher::Body> {
  Body(Options given, Get fetch, std::function<void(Keys)> tell, Random& chance, Log& events,
       std::function<void()> waker)
      : options(std::move(given)),
        get(std::move(fetch)),
        on_keys(std::move(tell)),
        random(chance),
        log(events),
        wake(std::move(waker)) {}

  BootTime step(Now now);
  void take_answer(BootTime now);
  void start(BootTime now);
  void request(const std::string& url);
  Result<void> take_keys(const std::string& text, BootTime now);
  void failed(const Error& error, BootTime now);
  void expire(BootTime now);
  BootTime deadline() const;

  const Options options;
  const Get get;
  const std::function<void(Keys)> on_keys;
  Random& random;
  Log& log;
  const std::function<void()> wake;
  Counters counters;

  std::string key_set_at;  // where the keys are, once that is known
  enum class Asking { kNothing, kDiscovery, kKeys } asking = Asking::kNothing;
  std::optional<Result<std::string>> answer;
  bool starting = false;  // within a call of get()
  bool key_is_wanted = false;

  BootTime next_fetch{};                 // not before
  BootTime cool_until{};                 // an unknown key is no reason before
  std::optional<BootTime> fetched_at;    // the last success
  std::optional<std::string> published;  // fingerprint
  unsigned failures = 0;                 // in a row
};

BootTime JwksFetcher::Body::step(Now now) {
  take_answer(now.boot);
  expire(now.boot);
  const bool due = now.boot >= next_fetch || (key_is_wanted && now.boot >= cool_until);
  if (asking == Asking::kNothing && due) {
    start(now.boot);
    take_answer(now.boot);  // it may be here already
  }
  return deadline();
}

void JwksFetcher::Body::start(BootTime now) {
  // At the regular time the place of the keys is looked up anew.
  if (now >= next_fetch) key_set_at.clear();
  key_is_wanted = false;
  cool_until = now + options.cool_down;
  next_fetch = now + options.refresh_every;
  if (!options.jwks_url.empty()) key_set_at = options.jwks_url;
  asking = key_set_at.empty() ? Asking::kDiscovery : Asking::kKeys;
  request(asking == Asking::kKeys ? key_set_at : discovery_url(options.issuer));
}

void JwksFetcher::Body::request(const std::string& url) {
  if (asking == Asking::kKeys) ++counters.fetches;
  starting = true;
  get(url, [weak = weak_from_this()](Result<std::string> text) {
    const auto self = weak.lock();
    if (!self) return;
    self->answer = std::move(text);
    if (!self->starting) self->wake();
  });
  starting = false;
}

void JwksFetcher::Body::take_answer(BootTime now) {
  while (answer) {
    const Result<std::string> text = *std::exchange(answer, std::nullopt);
    const Asking asked = std::exchange(asking, Asking::kNothing);
    if (!text) return failed(text.error(), now);
    if (asked == Asking::kKeys) {
      const Result<void> taken = take_keys(*text, now);
      if (!taken) failed(taken.error(), now);
      return;
    }
    Result<std::string> url = key_set_url(*text, options.issuer);
    if (!url) return failed(url.error(), now);
    key_set_at = *std::move(url);
    asking = Asking::kKeys;
    request(key_set_at);
  }
}

Result<void> JwksFetcher::Body::take_keys(const std::string& text, BootTime now) {
  TRY_ASSIGN(jwt::KeySet::Parsed parsed, jwt::KeySet::parse(text, options.fallback));
  for (const std::string& why : parsed.skipped) {
    log.warning("issuer's key left out", {{"issuer", options.issuer}, {"why", why}});
  }
  if (parsed.keys.keys().empty()) return fail(ErrorCode::kInvalid, "the key set has no usable key");
  ++counters.taken;
  failures = 0;
  fetched_at = now;
  key_is_wanted = false;  // whoever met one while this was under way asks again if it is not here
  std::string print = fingerprint(parsed.keys);
  if (published == print) return {};
  published = std::move(print);
  log.info("issuer's keys taken",
           {{"issuer", options.issuer}, {"keys", parsed.keys.keys().size()}});
  on_keys(std::make_shared<const jwt::KeySet>(std::move(parsed.keys)));
  return {};
}

void JwksFetcher::Body::failed(const Error& error, BootTime now) {
  ++counters.failures;
  key_set_at.clear();
  const auto doubled = options.retry_after * (1LL << std::min(failures, 20U));
  ++failures;
  const auto pause =
      std::min<Milliseconds>(doubled, std::max(options.cool_down, options.retry_after));
  // Between half of it and all: those who failed together do not come back together.
  const auto half = static_cast<std::uint64_t>(pause.count()) / 2;
  next_fetch = now + Milliseconds(static_cast<std::int64_t>(half + random.below(half + 1)));
  log.warning("issuer's keys not fetched", {{"issuer", options.issuer}, {"why", error.message}});
}

void JwksFetcher::Body::expire(BootTime now) {
  if (!fetched_at || now < *fetched_at + options.max_age) return;
  fetched_at.reset();
  published.reset();
  log.error("issuer's keys too old, its tokens are refused", {{"issuer", options.issuer}});
  on_keys(std::make_shared<const jwt::KeySet>());
}

BootTime JwksFetcher::Body::deadline() const {
  BootTime next = BootTime::max();
  if (asking == Asking::kNothing) {
    next = key_is_wanted ? std::min(next_fetch, cool_until) : next_fetch;
  }
  if (fetched_at) next = std::min(next, *fetched_at + options.max_age);
  return next;
}

Result<std::unique_ptr<JwksFetcher>> JwksFetcher::open(Options options, Get get,
                                                       std::function<void(Keys)> on_keys,
                                                       Random& random, Log& log,
                                                       std::function<void()> wake) {
  TRY(check_url(options.jwks_url.empty() ? options.issuer : options.jwks_url));
  auto body = std::make_shared<Body>(std::move(options), std::move(get), std::move(on_keys), random,
                                     log, std::move(wake));
  return std::unique_ptr<JwksFetcher>(new JwksFetcher(std::move(body)));
}

JwksFetcher::JwksFetcher(std::shared_ptr<Body> body) : body_(std::move(body)) {}
JwksFetcher::~JwksFetcher() = default;

BootTime JwksFetcher::step(Now now) { return body_->step(now); }

void JwksFetcher::on_unknown_key() {
  ++body_->counters.unknown_keys;
  if (!std::exchange(body_->key_is_wanted, true)) body_->wake();
}

bool JwksFetcher::has_keys() const { return body_->published.has_value(); }
const JwksFetcher::Counters& JwksFetcher::counters() const { return body_->counters; }

}  // namespace rescind::issuer
