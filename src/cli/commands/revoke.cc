#include <cstdio>
#include <cstdlib>

#include "authority/signed_request.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/reach.h"
#include "daemon/units.h"

namespace rescind::cli {
namespace {

// What is to be revoked, as members of the body.
using Target = std::function<Result<void>(const Invocation&, json::Writer&)>;

Result<std::string> body_of(const Invocation& invocation, const Target& target) {
  json::Writer w;
  w.object();
  TRY(target(invocation, w));
  if (invocation.has("--issuer")) {
    w.member("issuer", std::string_view(invocation.option("--issuer")));
  }
  if (invocation.has("--compromised")) w.member("reason", "compromised");
  if (!invocation.globals.reason.empty()) {
    w.member("note", std::string_view(invocation.globals.reason));
  }
  w.end();
  return w.take();
}

// For where the authority cannot be reached: what is to be put on a broker's request topic.
Exit print_request(const Invocation& invocation, const std::string& body) {
  const char* client = std::getenv("RESCIND_CLIENT_ID");
  if (client == nullptr || *client == '\0' || !invocation.has("--audience")) {
    return report(Exit::kUsage,
                  "--request-key needs --audience, the authority's issuer, and the "
                  "client's id in RESCIND_CLIENT_ID");
  }
  const auto pem = read_secret_argument("@" + invocation.option("--request-key"));
  if (!pem) return report(pem.error());
  const auto key = jwt::SigningKey::from_pem(*pem, jwt::Algorithm::kEdDsa);
  if (!key) return report(Exit::kConfiguration, "--request-key: no Ed25519 key in PEM");
  const std::int64_t now = to_seconds(SystemClock().now().wall);
  SystemRandom random;
  const std::string request =
      authority::sign_request({.client = client,
                               .issuer = invocation.option("--audience"),
                               .jti = random.hex(16),
                               .issued_at = now,
                               .expires_at = now + authority::kLongestRequest.count(),
                               .body = body},
                              *key);
  if (request.size() > authority::kMaxRequestBytes) {
    return report(Exit::kUsage, "the request is larger than 64 KiB");
  }
  std::puts(request.c_str());
  return Exit::kOk;
}

Exit revoke(const Invocation& invocation, const Target& target) {
  const Globals& globals = invocation.globals;
  const auto body = body_of(invocation, target);
  if (!body) return report(body.error());
  if (invocation.has("--request-key")) return print_request(invocation, *body);
  auto authorization = client_authorization();
  if (!authorization) return report(authorization.error());
  Call request{.method = net::Method::kPost,
               .path = "/v1/revocations",
               .body = *body,
               .authorization = *std::move(authorization)};
  Globals patient = globals;
  if (invocation.has("--wait")) {
    const auto wait = daemon::parse_duration(invocation.option("--wait"));
    if (!wait) return report(Exit::kUsage, "--wait: write a duration, as --wait=5s");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait);
    request.headers.emplace_back("Prefer", "wait=" + std::to_string(seconds.count()));
    patient.timeout += *wait;
  }
  const auto reply = call(patient, std::move(request));
  if (!reply) return report(reply.error());
  const auto reach = reach_of(*reply);
  if (globals.output == Output::kTable) {
    say(globals, "revoked in batch " + reply->text("position") + " (" + reply->text("id") + ")");
    if (reach && !globals.quiet) print_lines(lines_of(*reach));
  } else {
    print_object(globals, *reply, {});
  }
  return reach ? report_reach(*reach) : Exit::kOk;
}

Target claim_target(std::string claim, std::string positional) {
  return [claim = std::move(claim), positional = std::move(positional)](
             const Invocation& invocation, json::Writer& w) -> Result<void> {
    w.member("claim", std::string_view(claim));
    w.member("value", std::string_view(invocation.positional(positional)));
    return {};
  };
}

// Whoever revokes more than one session's tokens says why.
Target with_reason(Target target) {
  return
      [target = std::move(target)](const Invocation& invocation, json::Writer& w) -> Result<void> {
        if (invocation.globals.reason.empty()) {
          return fail(ErrorCode::kInvalid, "say why, for the audit: --reason \"…\"");
        }
        return target(invocation, w);
      };
}

Result<void> token_target(const Invocation& invocation, json::Writer& w) {
  TRY_ASSIGN(const Secret token, read_secret_argument(invocation.positional("TOKEN")));
  w.member("token", token.expose());
  return {};
}

Result<void> issuer_target(const Invocation& invocation, json::Writer& w) {
  if (!confirm(invocation.globals, "refuse every token of " + invocation.positional("URL") + "?")) {
    return fail(ErrorCode::kInvalid, "not confirmed: say --yes");
  }
  w.member("claim", "iss");
  w.member("value", std::string_view(invocation.positional("URL")));
  w.member("issuer", std::string_view(invocation.positional("URL")));
  return {};
}

Result<void> where_target(const Invocation& invocation, json::Writer& w) {
  const std::string& condition = invocation.positional("CLAIM=VALUE");
  const std::size_t equals = condition.find('=');
  if (equals == std::string::npos || equals == 0) {
    return fail(ErrorCode::kInvalid, "write CLAIM=VALUE, as tenant=acme");
  }
  w.member("claim", std::string_view(condition).substr(0, equals));
  const std::string value = condition.substr(equals + 1);
  // A number is a number: tokens tell 7 from "7".
  const bool number = !invocation.has("--text") && !value.empty() && value.size() < 17 &&
                      value.find_first_not_of("0123456789") == std::string::npos;
  if (number) {
    w.member("value", static_cast<std::int64_t>(std::stoll(value)));
  } else {
    w.member("value", std::string_view(value));
  }
  return {};
}

Command command(std::string word, std::string summary, Positional positional, Target target) {
  std::vector<Option> options = {
      {.name = "--issuer", .value = "URL", .help = "whose tokens; left out: the authority's own"},
      {.name = "--wait",
       .value = "TIME",
       .help = "until every follower has applied it (exit 8: not all, or none is known)",
       .implied = "5s"},
      {.name = "--compromised", .value = "", .help = "it was stolen, rather than given up"}};
  if (word != "token") {
    options.push_back({.name = "--request-key",
                       .value = "FILE",
                       .help = "print a request for a broker, signed with this key, instead"});
    options.push_back(
        {.name = "--audience", .value = "URL", .help = "with it: the authority's issuer"});
  }
  if (word == "where") {
    options.push_back({.name = "--text", .value = "", .help = "a value of digits is a text"});
  }
  if (word == "issuer") options.erase(options.begin());
  return {.words = {"revoke", std::move(word)},
          .summary = std::move(summary),
          .positionals = {std::move(positional)},
          .options = std::move(options),
          .run = [target = std::move(target)](const Invocation& invocation) {
            return revoke(invocation, target);
          }};
}

}  // namespace

std::vector<Command> revoke_commands() {
  return {command("token", "one token", {.name = "TOKEN", .help = "- or @FILE"}, token_target),
          command("session", "one session: its tokens, and no refresh any more",
                  {.name = "SID", .help = "the session's id"}, claim_target("sid", "SID")),
          command("user", "every token of a user from before now",
                  {.name = "ID", .help = "the subject"}, with_reason(claim_target("sub", "ID"))),
          command("client", "every token for a client from before now",
                  {.name = "ID", .help = "the client's id"}, claim_target("client_id", "ID")),
          command("key", "every token that a signing key has signed",
                  {.name = "KID", .help = "the key's id"}, with_reason(claim_target("kid", "KID"))),
          command("issuer", "every token of an issuer from before now",
                  {.name = "URL", .help = "the issuer"}, with_reason(issuer_target)),
          command("where", "every token from before now with a claim that the rules declare",
                  {.name = "CLAIM=VALUE", .help = "as tenant=acme"}, where_target)};
}

}  // namespace rescind::cli
