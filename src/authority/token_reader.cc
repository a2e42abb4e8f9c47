#include "authority/token_reader.h"

#include <algorithm>

#include "base/json.h"

namespace rescind::authority {
namespace {

verifier::Options verifier_options(const TokenReader::Options& options) {
  verifier::Options out;
  out.max_token_lifetime = std::max(out.max_token_lifetime, options.access_ttl);
  return out;
}

}  // namespace

TokenReader::TokenReader(const Options& options, OwnIndex& index, const KeyRing& keys,
                         Random& random)
    : options_(options),
      index_(index),
      keys_(keys),
      verifier_(verifier_options(options), index.index().view(),
                std::make_shared<const verifier::TrustedIssuers>(), random) {}

void TokenReader::set_foreign(std::vector<verifier::TrustedIssuer> issuers) {
  foreign_ = std::move(issuers);
  used_ = nullptr;
}

void TokenReader::use_keys() {
  auto keys = keys_.current();
  if (keys == used_) return;
  std::vector<verifier::TrustedIssuer> issuers = foreign_;
  issuers.push_back(
      {.issuer = options_.issuer,
       .algorithms = {jwt::Algorithm::kEs256, jwt::Algorithm::kEs384, jwt::Algorithm::kEs512,
                      jwt::Algorithm::kRs256, jwt::Algorithm::kPs256, jwt::Algorithm::kEdDsa},
       .audiences = {},
       .keys = keys->verification});
  verifier_.set_issuers(std::make_shared<const verifier::TrustedIssuers>(std::move(issuers)));
  used_ = std::move(keys);
}

Result<Decision> TokenReader::read(std::string_view token, Now now) {
  TRY(index_.catch_up(now));
  use_keys();
  const verifier::Outcome outcome = verifier_.check(token, now);
  const auto* decision = std::get_if<Decision>(&outcome);
  if (decision == nullptr || decision->reason() == Reason::kStale) {
    return fail(ErrorCode::kUnavailable, "the authority's index cannot be vouched for now");
  }
  return *decision;
}

std::string introspection_of(const Decision& decision) {
  json::Writer out;
  out.object().member("active", decision.accepted());
  if (const Claims* claims = decision.claims()) {
    const auto text = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) out.member(name, std::string_view(value));
    };
    out.member("token_type", "Bearer");
    text("iss", claims->issuer);
    text("sub", claims->subject);
    text("client_id", claims->client_id);
    text("scope", claims->scope);
    text("jti", claims->token_id);
    text("sid", claims->session_id);
    text("email", claims->email);
    out.name("aud").array();
    for (const std::string& audience : claims->audience) out.value(std::string_view(audience));
    out.end();
    out.member("iat", claims->issued_at).member("exp", claims->expires_at);
  }
  out.end();
  return out.take();
}

}  // namespace rescind::authority
