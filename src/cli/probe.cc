#include "cli/probe.h"

#include <optional>

#include "cli/caller.h"
#include "cli/credentials.h"
#include "cli/output.h"
#include "cli/reach.h"

namespace rescind::cli {
namespace {

constexpr const char* kSubject = "rescind-probe";

bool is_let_through(const net::Response& answer) { return answer.status < 400; }
bool is_refused(const net::Response& answer) {
  return answer.status == 401 || answer.status == 403;
}

std::string members_of(const ProbeUser& user, bool by_client) {
  json::Writer w;
  w.object();
  if (by_client) {
    w.member("subject", kSubject).member("client_id", std::string_view(user.client_id));
  } else {
    w.member("username", std::string_view(user.name));
    w.member("password", user.password.expose());
  }
  if (!user.scope.empty()) w.member("scope", std::string_view(user.scope));
  if (!user.audience.empty()) {
    w.name("audience").array().value(std::string_view(user.audience)).end();
  }
  w.end();
  return w.take();
}

std::string_view word_of(Probed::Finding finding) {
  switch (finding) {
    case Probed::Finding::kRefused:
      return "refused";
    case Probed::Finding::kNeverRefused:
      return "never_refused";
    case Probed::Finding::kUnguarded:
      return "unguarded";
    case Probed::Finding::kRefusesGood:
      return "refuses_good";
  }
  return "never_refused";
}

}  // namespace

bool Probed::kept(Milliseconds max) const {
  return finding == Finding::kRefused &&
         (max == Milliseconds(0) || settled_ms <= static_cast<double>(max.count()));
}

Result<Probe::Session> Probe::sign_in() {
  const bool by_client = options_.user.name.empty();
  Call request{.method = net::Method::kPost,
               .path = by_client ? "/v1/sessions" : "/v1/login",
               .body = members_of(options_.user, by_client)};
  if (by_client) {
    TRY_ASSIGN(request.authorization, client_authorization());
  }
  TRY_ASSIGN(const Reply pair, call(options_.globals, std::move(request)));
  return Session{.token = pair.text("access_token"), .id = pair.text("session_id")};
}

Result<Reply> Probe::sign_out(const Session& session) {
  return call(options_.globals, {.method = net::Method::kPost,
                                 .path = "/v1/logout",
                                 .body = R"({"scope":"session"})",
                                 .authorization = "Bearer " + session.token});
}

Result<void> Probe::measure(Caller& route, const Session& session, Probed& probed) {
  TRY_ASSIGN(const Reply revoked, sign_out(session));
  const SystemClock clock;
  const BootTime begin = clock.now().boot;
  const auto since = [&] {
    return std::chrono::duration<double, std::milli>(clock.now().boot - begin).count();
  };
  const auto is_late = [&] { return clock.now().boot - begin > options_.globals.timeout; };
  probed.position = revoked.text("position");
  std::optional<double> first;
  for (int in_a_row = 0; in_a_row < kConfirm;) {
    if (in_a_row == 0 && is_late()) return {};
    TRY_ASSIGN(const net::Response answer, in_a_row == 0 ? route.get() : route.get_anew());
    probed.status = answer.status;
    if (!is_refused(answer)) {
      in_a_row = 0;
      ++(is_let_through(answer) ? probed.passed : probed.failed);
      continue;
    }
    if (in_a_row++ == 0) probed.settled_ms = since();
    if (!first) first = probed.settled_ms;
    probed.why = told_reason(answer);
  }
  probed.refused_ms = *first;
  probed.finding = Probed::Finding::kRefused;
  return {};
}

Result<Probed> Probe::probe(const Session& session) {
  Probed probed{.url = options_.url, .position = {}, .why = {}};
  Caller route(options_.url, session.token, options_.globals.timeout);
  TRY_ASSIGN(const net::Response answer, route.get());
  probed.status = answer.status;
  if (is_refused(answer)) {
    probed.finding = Probed::Finding::kRefusesGood;
    probed.why = told_reason(answer);
  } else if (!is_let_through(answer)) {
    return fail(ErrorCode::kInternal, options_.url + " answers " + std::to_string(answer.status) +
                                          " to a good token: probe a route that answers it");
  } else {
    TRY(measure(route, session, probed));
  }
  return probed;
}

Result<Probed> Probe::run() {
  Caller nobody(options_.url, "", options_.globals.timeout);
  TRY_ASSIGN(const net::Response answer, nobody.get());
  if (is_let_through(answer)) {
    return Probed{.finding = Probed::Finding::kUnguarded,
                  .url = options_.url,
                  .position = {},
                  .status = answer.status,
                  .why = {}};
  }
  TRY_ASSIGN(const Session session, sign_in());
  Result<Probed> probed = probe(session);
  // A second sign-out changes nothing; a first that has failed is tried again.
  if (!probed || probed->position.empty()) (void)sign_out(session);
  return probed;
}

std::string text_of(const Probed& probed) {
  const auto requests = [](std::uint64_t count, const char* what) {
    return std::to_string(count) + (count == 1 ? " request " : " requests ") + what;
  };
  using enum Probed::Finding;
  std::string text = printable(probed.url);
  const std::string status = std::to_string(probed.status);
  switch (probed.finding) {
    case kUnguarded:
      return text + " answers " + status + " without any token: nothing guards this route";
    case kRefusesGood:
      return text + " answers " + status + " to a token that is good (" + printable(probed.why) +
             "): does it want another audience or scope? (--audience, --scope)";
    case kNeverRefused:
      return text + " still answers " + status + ", " +
             requests(probed.passed, "passed after the revocation") +
             ": it does not look at revocations, or remembers its decisions for longer";
    case kRefused:
      break;
  }
  text += " refused " + milliseconds_text(probed.refused_ms) + " after the revocation (" + status +
          ", " + printable(probed.why) + "); " + requests(probed.passed, "passed after it");
  if (probed.failed > 0) text += ", " + requests(probed.failed, "got no decision");
  if (probed.settled_ms > probed.refused_ms) {
    text += ", some of them later than the first refusal: settled after " +
            milliseconds_text(probed.settled_ms);
  }
  return text;
}

void write(json::Writer& out, const Probed& probed) {
  out.object().member("url", std::string_view(probed.url));
  out.member("finding", word_of(probed.finding));
  if (!probed.position.empty()) out.member("position", std::string_view(probed.position));
  if (probed.finding == Probed::Finding::kRefused) {
    out.member("refused_ms", probed.refused_ms).member("settled_ms", probed.settled_ms);
  }
  if (!probed.why.empty()) out.member("why", std::string_view(probed.why));
  out.member("status", probed.status).member("passed", probed.passed);
  out.member("failed", probed.failed).end();
}

}  // namespace rescind::cli
