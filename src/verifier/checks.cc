#include "verifier/checks.h"

#include <algorithm>

#include "verifier/targets.h"

namespace rescind::verifier {
namespace {

bool equal_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::vector<std::string> audience_of(json::Value aud) {
  if (aud.is_string()) return {std::string(*aud.string())};
  std::vector<std::string> audience;
  for (auto element = aud.first(); element; element = element->next()) {
    audience.emplace_back(element->string().value_or(""));
  }
  return audience;
}

}  // namespace

bool type_matches(std::string_view type, std::string_view expected) {
  static constexpr std::string_view kPrefix = "application/";
  if (type.size() > kPrefix.size() && equal_without_case(type.substr(0, kPrefix.size()), kPrefix)) {
    type.remove_prefix(kPrefix.size());
  }
  return equal_without_case(type, expected);
}

std::optional<Reason> refused_by_policy(const jwt::Header& header, const jwt::Payload& payload,
                                        const TrustedIssuer& issuer) {
  if (std::ranges::find(issuer.algorithms, header.algorithm) == issuer.algorithms.end()) {
    return Reason::kAlgorithm;
  }

  const bool type_fits = std::ranges::any_of(
      issuer.types, [&](const std::string& type) { return type_matches(header.type, type); });
  const bool type_may_lack = header.type.empty() && !issuer.type_required;
  if (!type_fits && !type_may_lack) return Reason::kType;

  const jwt::RegisteredClaims& claims = payload.claims;
  if (!claims.expires || !claims.subject) return Reason::kClaim;
  if (issuer.token_id_required && !claims.token_id) return Reason::kClaim;

  if (issuer.audiences.empty()) return std::nullopt;
  const bool named =
      claims.audience && std::ranges::any_of(issuer.audiences, [&](const std::string& audience) {
        return jwt::names_audience(*claims.audience, audience);
      });
  return named ? std::nullopt : std::optional(Reason::kAudience);
}

std::optional<Reason> refused_by_dates(const Dates& dates, Times times, const Options& options) {
  const auto& [expires, not_before, issued] = dates;
  const std::int64_t leeway_ms = Milliseconds(options.leeway).count();
  if (!expires) return Reason::kClaim;
  if (times.floor_ms >= *expires + leeway_ms) return Reason::kExpired;
  if (not_before && *not_before > times.now_ms + leeway_ms) return Reason::kNotYetValid;
  if (issued && *issued > times.now_ms + leeway_ms) return Reason::kNotYetValid;
  const std::int64_t lifetime_ms = Milliseconds(options.max_token_lifetime).count();
  // Without `iat` the life that is left is what can be bounded.
  if (*expires - issued.value_or(times.now_ms) > lifetime_ms) return Reason::kClaim;
  return std::nullopt;
}

std::shared_ptr<const Claims> claims_of(const jwt::Payload& payload,
                                        const revocation::IssuerRules& rules,
                                        std::string_view payload_json) {
  auto claims = std::make_shared<Claims>();
  claims->issuer = payload.claims.issuer;
  claims->subject = payload.claims.subject.value_or("");
  claims->token_id = payload.claims.token_id.value_or("");
  claims->session_id = session_of(payload, rules);
  for (auto member = payload.object.first(); member; member = member->next()) {
    const std::string_view name = member->name();
    const std::string_view text = member->string().value_or("");
    if (name == "client_id") claims->client_id = text;
    if (name == "scope") claims->scope = text;
    if (name == "email") claims->email = text;
  }
  if (payload.claims.audience) claims->audience = audience_of(*payload.claims.audience);
  claims->issued_at = payload.claims.issued.value_or(0) / 1000;
  claims->expires_at = payload.claims.expires.value_or(0) / 1000;
  claims->payload = payload_json;
  return claims;
}

}  // namespace rescind::verifier
