#include "gateway/answer.h"

#include "base/json.h"

namespace rescind::gateway {
namespace {

// What stands in error_description: nothing that helps a forger.
std::string_view told(Reason reason) {
  switch (reason) {
    case Reason::kSignedOut:
      return "signed out";
    case Reason::kRevoked:
    case Reason::kCompromised:
      return "revoked";
    case Reason::kExpired:
      return "expired";
    case Reason::kMissing:
    case Reason::kTooLarge:
    case Reason::kMalformed:
    case Reason::kJson:
    case Reason::kHeader:
    case Reason::kCrit:
    case Reason::kAlgorithm:
    case Reason::kType:
    case Reason::kIssuer:
    case Reason::kClaim:
    case Reason::kNotYetValid:
    case Reason::kAudience:
    case Reason::kUnknownKey:
    case Reason::kSignature:
      return "the access token is not valid";
    case Reason::kStale:
      return "revocations cannot be checked now";
    case Reason::kScope:
      return "the token's scope does not suffice";
  }
  return "the access token is not valid";
}

std::string problem(int status, std::string_view title, std::string_view detail) {
  json::Writer w;
  w.object().member("type", "about:blank").member("title", title).member("status", status);
  w.member("detail", detail).end();
  return w.take();
}

HttpAnswer refusal(int status, std::string_view title, std::string_view detail,
                   std::string challenge) {
  HttpAnswer answer{.status = status, .headers = {}, .body = problem(status, title, detail)};
  if (!challenge.empty()) answer.headers.emplace_back("WWW-Authenticate", std::move(challenge));
  return answer;
}

void finish(HttpAnswer& answer, const IdentityHeaders& identity, const Claims* claims,
            std::string_view decision, std::string_view reason) {
  for (auto& header : identity.of(claims)) answer.headers.push_back(std::move(header));
  answer.headers.emplace_back("X-Rescind-Decision", decision);
  answer.headers.emplace_back("X-Rescind-Reason", reason);
  answer.headers.emplace_back("Cache-Control", "no-store");
}

HttpAnswer refused(Reason reason, const AnswerOptions& options) {
  const std::string detail(told(reason));
  if (reason == Reason::kStale) {
    HttpAnswer answer = refusal(options.undecided_status, "Service Unavailable", detail, "");
    answer.headers.emplace_back("Retry-After", std::to_string(options.retry_after_seconds));
    return answer;
  }
  const bool scope = reason == Reason::kScope;
  const std::string code = scope ? "insufficient_scope" : "invalid_token";
  return refusal(scope ? 403 : 401, scope ? "Forbidden" : "Unauthorized", detail,
                 "Bearer error=\"" + code + "\", error_description=\"" + detail + "\"");
}

}  // namespace

HttpAnswer answer(const Decision& decision, const IdentityHeaders& identity,
                  std::optional<Milliseconds> staleness, const AnswerOptions& options) {
  HttpAnswer made;
  if (const auto reason = decision.reason()) {
    made = refused(*reason, options);
    finish(made, identity, nullptr, *reason == Reason::kStale ? "stale" : "refuse",
           to_string(*reason));
  } else {
    made.status = 200;
    finish(made, identity, decision.claims(), decision.stale() ? "stale" : "accept", "");
  }
  if (staleness && *staleness != Milliseconds::max()) {
    made.headers.emplace_back("X-Rescind-Lag-Ms", std::to_string(staleness->count()));
  }
  return made;
}

HttpAnswer answer(TokenProblem problem, const IdentityHeaders& identity,
                  const AnswerOptions& options) {
  HttpAnswer made;
  switch (problem) {
    case TokenProblem::kMissing:
      made = refusal(401, "Unauthorized", "an access token is required", "Bearer");
      break;
    case TokenProblem::kAmbiguous:
      made = refusal(options.bad_request_status, "Bad Request",
                     "more than one credential in one request", "Bearer error=\"invalid_request\"");
      break;
    case TokenProblem::kOther:
      made = refusal(401, "Unauthorized", "a bearer token is required", "Bearer");
      break;
  }
  finish(made, identity, nullptr, "refuse",
         to_string(problem == TokenProblem::kMissing ? Reason::kMissing : Reason::kMalformed));
  return made;
}

HttpAnswer answer_connection_abuse(const IdentityHeaders& identity, const AnswerOptions& options) {
  HttpAnswer made = refusal(options.bad_request_status, "Bad Request",
                            "the Connection header names an identity header", "");
  finish(made, identity, nullptr, "refuse", to_string(Reason::kMalformed));
  return made;
}

}  // namespace rescind::gateway
