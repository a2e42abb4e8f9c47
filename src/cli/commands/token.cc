#include <cstdio>

#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/input.h"
#include "cli/output.h"
#include "jwt/base64url.h"
#include "jwt/jws.h"
#include "net/form.h"
#include "verifier/verifier.h"

namespace rescind::cli {
namespace {

// A sentence for each refusal: what it means, and what to do about it.
std::string_view explained(Reason reason) {
  switch (reason) {
    case Reason::kMissing:
      return "no token was given";
    case Reason::kTooLarge:
      return "it is longer than 8192 bytes";
    case Reason::kMalformed:
      return "it is not three parts of base64url joined by dots";
    case Reason::kJson:
      return "its header or payload is not strict JSON";
    case Reason::kHeader:
      return "its header has a member that is never allowed (jwk, jku, x5u, …)";
    case Reason::kCrit:
      return "it insists on an extension (crit); none is supported";
    case Reason::kAlgorithm:
      return "its algorithm is not allowed for this issuer or key";
    case Reason::kType:
      return "its `typ` is not that of an access token (at+jwt)";
    case Reason::kIssuer:
      return "its issuer is not the one that was asked";
    case Reason::kClaim:
      return "a claim that has to be there is missing or of the wrong type";
    case Reason::kExpired:
      return "it has expired: refresh";
    case Reason::kNotYetValid:
      return "it is not valid yet: compare the clocks";
    case Reason::kAudience:
      return "it is meant for somebody else (aud)";
    case Reason::kUnknownKey:
      return "the issuer has no key with its `kid`";
    case Reason::kSignature:
      return "its signature is wrong: it was altered or forged";
    case Reason::kSignedOut:
      return "its user has signed out";
    case Reason::kRevoked:
      return "it was revoked";
    case Reason::kCompromised:
      return "it was revoked as stolen";
    case Reason::kStale:
      return "whether it was revoked cannot be found out now";
    case Reason::kScope:
      return "its scope does not suffice";
  }
  return "it is refused";
}

Exit inspect(const Invocation& invocation) {
  const auto token = read_secret_argument(invocation.positional("TOKEN"));
  if (!token) return report(token.error());
  const auto parts = jwt::split_compact(token->expose());
  if (!parts) return report(Exit::kUsage, explained(parts.error()));
  const auto header = jwt::base64url_decode(parts->header);
  const auto payload = jwt::base64url_decode(parts->payload);
  json::Reader reader;
  for (const auto& part : {header, payload}) {
    if (!part || !reader.parse(*part, jwt::kPayloadLimits)) {
      return report(Exit::kUsage, explained(Reason::kJson));
    }
  }
  // Unverified: said so where a person reads it.
  say(invocation.globals, "not verified: anybody could have written this");
  std::printf("{\"header\":%s,\"payload\":%s}\n", header->c_str(), payload->c_str());
  return Exit::kOk;
}

Result<Reply> introspection(const Globals& globals, const Secret& token) {
  TRY_ASSIGN(std::string authorization, client_authorization());
  return call(globals, {.method = net::Method::kPost,
                        .path = "/oauth2/introspect",
                        .body = net::encode_form({{"token", token.expose()}}),
                        .content_type = "application/x-www-form-urlencoded",
                        .authorization = std::move(authorization)});
}

Exit introspect(const Invocation& invocation) {
  const auto token = read_secret_argument(invocation.positional("TOKEN"));
  if (!token) return report(token.error());
  const auto reply = introspection(invocation.globals, *token);
  if (!reply) return report(reply.error());
  std::printf("%s\n", reply->body().c_str());
  return reply->text("active") == "true" ? Exit::kOk : Exit::kRefused;
}

// A verifier without an index of its own: signature and claims here, revocation asked for.
Result<Decision> decide(const Invocation& invocation, const Secret& token) {
  const Globals& globals = invocation.globals;
  TRY_ASSIGN(const Reply metadata,
             call(globals, {.path = "/.well-known/oauth-authorization-server"}));
  TRY_ASSIGN(const Reply jwks, call(globals, {.path = "/.well-known/jwks.json"}));
  TRY_ASSIGN(jwt::KeySet::Parsed parsed, jwt::KeySet::parse(jwks.body()));
  verifier::TrustedIssuer trusted;
  trusted.issuer = metadata.text("issuer");
  trusted.algorithms = {jwt::Algorithm::kEs256, jwt::Algorithm::kRs256, jwt::Algorithm::kEdDsa};
  if (invocation.has("--audience")) trusted.audiences = {invocation.option("--audience")};
  trusted.keys = std::make_shared<jwt::KeySet>(std::move(parsed.keys));
  SystemRandom random;
  TRY_ASSIGN(const auto index, revocation::Index::create(random, {}));
  revocation::IssuerRules rules;
  rules.issuer = trusted.issuer;
  rules.session_claims = {"sid"};
  rules.longest_lifetime = std::chrono::hours(24);
  rules.longest_session = std::chrono::hours(24);
  TRY(index->set_rules(std::make_shared<revocation::Rules>(revocation::Rules{{rules}})));
  verifier::Options options;
  options.on_stale = verifier::OnStale::kIntrospect;
  options.cached_tokens = 0;
  verifier::Verifier verifier(options, index->view(),
                              std::make_shared<verifier::TrustedIssuers>(std::vector{trusted}),
                              random);
  verifier::Outcome outcome = verifier.check(token.expose(), SystemClock().now());
  if (const auto* decision = std::get_if<Decision>(&outcome)) return *decision;
  TRY_ASSIGN(const Reply answer, introspection(globals, token));
  return verifier::Verifier::finish(
      std::get<verifier::Pending>(outcome),
      answer.text("active") == "true" ? verifier::Answer::kActive : verifier::Answer::kInactive);
}

Exit verify(const Invocation& invocation) {
  const auto token = read_secret_argument(invocation.positional("TOKEN"));
  if (!token) return report(token.error());
  const auto decision = decide(invocation, *token);
  if (!decision) return report(decision.error());
  if (const auto reason = decision->reason()) {
    const std::string word(to_string(*reason));
    if (invocation.globals.output != Output::kTable) {
      std::printf("{\"decision\":\"refuse\",\"reason\":\"%s\"}\n", word.c_str());
    }
    return report(Exit::kRefused, "refused (" + word + "): " + std::string(explained(*reason)));
  }
  if (invocation.globals.output == Output::kTable) {
    const Claims& claims = *decision->claims();
    say(invocation.globals, "accepted: subject " + printable(claims.subject) + ", session " +
                                printable(claims.session_id));
  } else {
    std::printf("{\"decision\":\"accept\",\"claims\":%s}\n", decision->claims()->payload.c_str());
  }
  return Exit::kOk;
}

}  // namespace

std::vector<Command> token_commands() {
  const std::vector<Positional> token = {{.name = "TOKEN", .help = "- or @FILE"}};
  return {
      {.words = {"token", "inspect"},
       .summary = "what a token says, without believing it",
       .positionals = token,
       .options = {},
       .run = inspect},
      {.words = {"token", "verify"},
       .summary = "whether a token is accepted, and why not (exit 9)",
       .positionals = token,
       .options = {{.name = "--audience", .value = "AUD", .help = "that it has to be meant for"}},
       .run = verify},
      {.words = {"token", "introspect"},
       .summary = "what the authority says of a token (RFC 7662)",
       .positionals = token,
       .options = {},
       .run = introspect}};
}

}  // namespace rescind::cli
