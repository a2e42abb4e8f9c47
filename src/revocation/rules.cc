#include "revocation/rules.h"

#include <algorithm>
#include <array>
#include <optional>

#include "revocation/target.h"

namespace rescind::revocation {
namespace {

// They mean the same for every issuer, or are no names of anything.
constexpr std::array<std::string_view, 10> kReserved{
    claim::kTokenId, claim::kSession, claim::kSubject, claim::kClient, claim::kKeyId,
    claim::kIssuer,  "exp",           "nbf",           "iat",          "fpos",
};
// What every issuer's entries are made by, beside what it declares.
constexpr std::array<std::string_view, 6> kAlways{
    claim::kTokenId, claim::kSession, claim::kSubject,
    claim::kClient,  claim::kKeyId,   claim::kIssuer,
};

template <typename Range>
bool has(const Range& range, std::string_view name) {
  return std::ranges::find(range, name) != range.end();
}

std::unexpected<Error> wrong(std::string_view issuer, std::string_view why) {
  return fail(ErrorCode::kInvalid,
              "rules of issuer \"" + std::string(issuer) + "\": " + std::string(why));
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  return names;
}

std::string_view name_of(StampKind kind) {
  return kind == StampKind::kPosition ? "position" : "time";
}

std::optional<StampKind> kind_named(std::optional<std::string_view> name) {
  for (const StampKind kind : {StampKind::kPosition, StampKind::kTime}) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

void write(json::Writer& writer, std::string_view name, const std::vector<std::string>& claims) {
  writer.name(name).array();
  for (const std::string& claim : sorted(claims)) writer.value(std::string_view(claim));
  writer.end();
}

void write(json::Writer& writer, const IssuerRules& rules) {
  writer.object()
      .member("iss", std::string_view(rules.issuer))
      .member("stamps", name_of(rules.stamps));
  write(writer, "session_claims", rules.session_claims);
  write(writer, "revocable_claims", rules.revocable_claims);
  writer.member("longest_lifetime", std::int64_t{rules.longest_lifetime.count()})
      .member("longest_session", std::int64_t{rules.longest_session.count()})
      .end();
}

// The strings of an array; one that is missing is empty.
Result<std::vector<std::string>> parse_claims(json::Value rules, std::string_view name) {
  std::vector<std::string> claims;
  const auto array = rules.find(name);
  if (!array) return claims;
  const auto invalid = [name] {
    return fail(ErrorCode::kInvalid,
                "rules: " + std::string(name) + " is a list of at most 16 different claim names");
  };
  if (!array->is_array() || array->size() > kMaxClaimsPerIssuer) return invalid();
  for (auto element = array->first(); element; element = element->next()) {
    const auto claim = element->string();
    if (!claim || !check(Target{"i", std::string(*claim), "i"}) || has(claims, *claim)) {
      return invalid();
    }
    claims.emplace_back(*claim);
  }
  return sorted(std::move(claims));
}

Result<std::chrono::seconds> parse_lifetime(json::Value rules, std::string_view name) {
  const auto value = rules.find(name);
  if (!value) return std::chrono::seconds(0);
  const auto lifetime = value->integer();
  if (!lifetime || *lifetime < 0 || *lifetime > kLongestLifetime.count()) {
    return fail(ErrorCode::kInvalid,
                "rules: " + std::string(name) + " is whole seconds, at most 3153600000");
  }
  return std::chrono::seconds(*lifetime);
}

// What one issuer's rules have to be, taken by themselves.
Result<void> check_issuer(const IssuerRules& rules) {
  if (!check(Target{rules.issuer, std::string(claim::kSubject), "s"})) {
    return fail(ErrorCode::kInvalid, "rules: iss is not a name of 1 to 512 bytes");
  }
  for (const std::string& name : rules.session_claims) {
    if (name != claim::kSession && has(kReserved, name)) {
      return wrong(rules.issuer, "session claim \"" + name + "\" has a meaning of its own");
    }
  }
  for (const std::string& name : rules.revocable_claims) {
    if (has(kReserved, name)) {
      return wrong(rules.issuer, "revocable claim \"" + name + "\" has a meaning of its own");
    }
    if (has(rules.session_claims, name)) {
      return wrong(rules.issuer, "\"" + name + "\" is both a session and a revocable claim");
    }
  }
  if (rules.longest_lifetime.count() == 0) {
    return wrong(rules.issuer, "longest_lifetime is missing or 0");
  }
  if (!rules.session_claims.empty() && rules.longest_session.count() == 0) {
    return wrong(rules.issuer, "has sessions, but longest_session is missing or 0");
  }
  return {};
}

Result<IssuerRules> parse_issuer(json::Value value) {
  const auto issuer = value.find("iss");
  const auto stamps = value.find("stamps");
  const auto kind = kind_named(stamps ? stamps->string() : std::nullopt);
  if (!issuer || !issuer->string() || !kind) {
    return fail(ErrorCode::kInvalid,
                "rules: each issuer needs iss and stamps (\"position\" or \"time\")");
  }
  IssuerRules rules{.issuer = std::string(*issuer->string()), .stamps = *kind};
  TRY_ASSIGN(rules.session_claims, parse_claims(value, "session_claims"));
  TRY_ASSIGN(rules.revocable_claims, parse_claims(value, "revocable_claims"));
  TRY_ASSIGN(rules.longest_lifetime, parse_lifetime(value, "longest_lifetime"));
  TRY_ASSIGN(rules.longest_session, parse_lifetime(value, "longest_session"));
  TRY(check_issuer(rules));
  return rules;
}

// The claims by which entries of `before` could be made and entries of `after` no longer can.
std::vector<std::string_view> lost_claims(const IssuerRules& before, const IssuerRules* after) {
  std::vector<std::string_view> lost;
  for (const auto* const claims : {&before.session_claims, &before.revocable_claims}) {
    for (const std::string& claim : *claims) {
      const bool kept =
          after != nullptr &&
          has(claims == &before.session_claims ? after->session_claims : after->revocable_claims,
              claim);
      if (!kept) lost.push_back(claim);
    }
  }
  if (after == nullptr) lost.insert(lost.end(), kAlways.begin(), kAlways.end());
  return lost;
}

}  // namespace

const IssuerRules* Rules::find(std::string_view issuer) const {
  const auto found = std::ranges::find(issuers, issuer, &IssuerRules::issuer);
  return found == issuers.end() ? nullptr : &*found;
}

std::string to_json(const Rules& rules) {
  std::vector<const IssuerRules*> issuers;
  for (const IssuerRules& issuer : rules.issuers) issuers.push_back(&issuer);
  std::ranges::sort(issuers, {}, &IssuerRules::issuer);
  json::Writer writer;
  writer.object().name("issuers").array();
  for (const IssuerRules* const issuer : issuers) write(writer, *issuer);
  writer.end().end();
  return writer.take();
}

Result<Rules> parse_rules(json::Value value) {
  const auto issuers = value.find("issuers");
  if (!issuers || !issuers->is_array()) {
    return fail(ErrorCode::kInvalid, "rules: \"issuers\" is missing or not a list");
  }
  if (issuers->size() > kMaxIssuers) {
    return fail(ErrorCode::kInvalid, "rules: more than 256 issuers");
  }
  Rules rules;
  for (auto element = issuers->first(); element; element = element->next()) {
    TRY_ASSIGN(IssuerRules issuer, parse_issuer(*element));
    if (rules.find(issuer.issuer) != nullptr) return wrong(issuer.issuer, "are given twice");
    rules.issuers.push_back(std::move(issuer));
  }
  std::ranges::sort(rules.issuers, {}, &IssuerRules::issuer);
  return rules;
}

Result<void> check_successor(const Rules& before, const Rules& after,
                             const StillAlive& still_alive) {
  for (const IssuerRules& old : before.issuers) {
    const IssuerRules* const now = after.find(old.issuer);
    if (now != nullptr && now->stamps != old.stamps) {
      return wrong(old.issuer, "whether stamps are positions or times never changes");
    }
    if (!still_alive) continue;
    for (const std::string_view claim : lost_claims(old, now)) {
      if (still_alive(old.issuer, claim)) {
        return wrong(old.issuer, "claim \"" + std::string(claim) +
                                     "\" is lost while revocations made by it live");
      }
    }
  }
  return {};
}

}  // namespace rescind::revocation
