#include "issuer/issuers.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace rescind::issuer {
namespace {

std::unexpected<Error> wrong(const IssuerOptions& options, const std::string& why) {
  return fail(ErrorCode::kInvalid, "issuer " + options.issuer + ": " + why);
}

Result<void> check(const IssuerOptions& options) {
  if (options.issuer.empty()) return fail(ErrorCode::kInvalid, "an issuer has no url");
  if (options.algorithms.empty()) return wrong(options, "no algorithm is allowed");
  if (options.types.empty()) return wrong(options, "no type is allowed");
  const bool has_secret = !options.shared_secret.empty();
  if (has_secret && !options.jwks_url.empty()) {
    return wrong(options, "has a shared secret and a jwks_url: one of them decides");
  }
  if (has_secret) {
    // One key, one algorithm (RFC 8725 3.1).
    if (options.algorithms.size() == 1 && is_symmetric(options.algorithms.front())) return {};
    return wrong(options, "a shared secret has exactly one algorithm: HS256, HS384 or HS512");
  }
  if (std::ranges::any_of(options.algorithms, jwt::is_symmetric)) {
    return wrong(options, "HS256, HS384 and HS512 need a shared secret");
  }
  return {};
}

Result<std::shared_ptr<const jwt::KeySet>> fixed_keys(const IssuerOptions& options) {
  auto key = jwt::Key::from_secret(options.shared_secret_key_id, options.algorithms.front(),
                                   options.shared_secret);
  if (!key) return wrong(options, key.error().message);
  std::vector<jwt::Key> keys;
  keys.push_back(*std::move(key));
  return std::make_shared<const jwt::KeySet>(std::move(keys));
}

verifier::TrustedIssuer policy_of(const IssuerOptions& options, JwksFetcher::Keys keys) {
  verifier::TrustedIssuer policy;
  policy.issuer = options.issuer;
  policy.algorithms = options.algorithms;
  policy.audiences = options.audiences;
  policy.types = options.types;
  policy.type_required = options.type_required;
  policy.token_id_required = options.token_id_required;
  policy.keys = std::move(keys);
  policy.index = options.index;
  return policy;
}

// For RSA keys that do not say what they are for: the first of the allowed ones that fits.
std::optional<jwt::Algorithm> fallback_of(const IssuerOptions& options) {
  const auto is_rsa = [](jwt::Algorithm algorithm) {
    const jwt::Family family = jwt::family(algorithm);
    return family == jwt::Family::kRsaPkcs1 || family == jwt::Family::kRsaPss;
  };
  const auto found = std::ranges::find_if(options.algorithms, is_rsa);
  return found == options.algorithms.end() ? std::nullopt : std::optional(*found);
}

JwksFetcher::Options fetching(const IssuerOptions& options) {
  JwksFetcher::Options fetch;
  fetch.issuer = options.issuer;
  fetch.jwks_url = options.jwks_url;
  fetch.fallback = fallback_of(options);
  fetch.refresh_every = options.refresh_every;
  fetch.cool_down = options.cool_down;
  fetch.max_age = options.max_key_age;
  return fetch;
}

}  // namespace

Result<verifier::TrustedIssuers> policies_of(const std::vector<IssuerOptions>& issuers) {
  std::vector<verifier::TrustedIssuer> policies;
  for (const IssuerOptions& options : issuers) {
    TRY(check(options));
    const auto same = std::ranges::find(policies, options.issuer, &verifier::TrustedIssuer::issuer);
    if (same != policies.end()) return wrong(options, "is configured twice");
    JwksFetcher::Keys keys = std::make_shared<const jwt::KeySet>();
    if (!options.shared_secret.empty()) {
      TRY_ASSIGN(keys, fixed_keys(options));
    }
    policies.push_back(policy_of(options, std::move(keys)));
  }
  return verifier::TrustedIssuers(std::move(policies));
}

struct Issuers::Body {
  // Of the issuer at this place.
  Result<std::unique_ptr<JwksFetcher>> open_fetcher(const IssuerOptions& options, std::size_t place,
                                                    const GetFor& get_for, Random& random,
                                                    Log& log);
  BootTime step(Now now);

  Callbacks callbacks;
  std::vector<verifier::TrustedIssuer> policies;
  std::vector<std::unique_ptr<JwksFetcher>> fetchers;  // beside `policies`; null for a secret
  Trusted trusted;
  bool changed = false;
};

Result<std::unique_ptr<JwksFetcher>> Issuers::Body::open_fetcher(const IssuerOptions& options,
                                                                 std::size_t place,
                                                                 const GetFor& get_for,
                                                                 Random& random, Log& log) {
  auto get = get_for(options);
  if (!get) return wrong(options, get.error().message);
  auto on_keys = [this, place](JwksFetcher::Keys keys) {
    policies[place].keys = std::move(keys);
    changed = true;
  };
  auto opened = JwksFetcher::open(fetching(options), *std::move(get), std::move(on_keys), random,
                                  log, callbacks.wake);
  if (!opened) return wrong(options, opened.error().message);
  return opened;
}

BootTime Issuers::Body::step(Now now) {
  BootTime next = BootTime::max();
  for (const auto& fetcher : fetchers) {
    if (fetcher != nullptr) next = std::min(next, fetcher->step(now));
  }
  // Once for all that came within this step.
  if (std::exchange(changed, false)) {
    trusted = std::make_shared<const verifier::TrustedIssuers>(policies);
    callbacks.on_change(trusted);
  }
  return next;
}

Result<std::unique_ptr<Issuers>> Issuers::open(const std::vector<IssuerOptions>& issuers,
                                               const GetFor& get_for, Callbacks callbacks,
                                               Random& random, Log& log) {
  auto body = std::make_unique<Body>();
  body->callbacks = std::move(callbacks);
  TRY_ASSIGN(const verifier::TrustedIssuers policies, policies_of(issuers));
  body->policies = policies.all();
  for (const IssuerOptions& options : issuers) {
    std::unique_ptr<JwksFetcher> fetcher;
    if (options.shared_secret.empty()) {
      TRY_ASSIGN(fetcher, body->open_fetcher(options, body->fetchers.size(), get_for, random, log));
    }
    body->fetchers.push_back(std::move(fetcher));
  }
  body->trusted = std::make_shared<const verifier::TrustedIssuers>(body->policies);
  return std::unique_ptr<Issuers>(new Issuers(std::move(body)));
}

Issuers::Issuers(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Issuers::~Issuers() = default;

BootTime Issuers::step(Now now) { return body_->step(now); }

void Issuers::on_unknown_key(std::string_view issuer) {
  for (std::size_t i = 0; i < body_->policies.size(); ++i) {
    if (body_->policies[i].issuer != issuer || body_->fetchers[i] == nullptr) continue;
    return body_->fetchers[i]->on_unknown_key();
  }
}

const Issuers::Trusted& Issuers::trusted() const { return body_->trusted; }

bool Issuers::all_have_keys() const {
  return std::ranges::none_of(body_->policies,
                              [](const auto& policy) { return policy.keys->keys().empty(); });
}

std::vector<Issuers::Status> Issuers::status() const {
  std::vector<Status> all;
  for (std::size_t i = 0; i < body_->policies.size(); ++i) {
    Status one{.issuer = body_->policies[i].issuer,
               .fetched = body_->fetchers[i] != nullptr,
               .keys = body_->policies[i].keys->keys().size(),
               .counters = {}};
    if (one.fetched) one.counters = body_->fetchers[i]->counters();
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace rescind::issuer
