#include "authority/session_list.h"

#include "authority/answers.h"
#include "authority/caller.h"
#include "authority/session_end.h"

namespace rescind::authority {
namespace {

std::string_view word_of(store::SessionState state) {
  switch (state) {
    case store::SessionState::kActive:
      return "active";
    case store::SessionState::kSignedOut:
      return "signed_out";
    case store::SessionState::kRevoked:
      return "revoked";
    case store::SessionState::kCompromised:
      return "compromised";
  }
  return "revoked";
}

Result<std::string_view> state_word(Surface& surface, const store::Session& session, WallTime now) {
  if (session.state != store::SessionState::kActive) return word_of(session.state);
  if (now >= session.expires) return "expired";
  auto revocations = surface.reads.revocations();
  TRY_ASSIGN(const bool lives, session_lives(revocations, session, now, surface.policy));
  return lives ? "active" : "revoked";
}

Result<void> write(json::Writer& out, Surface& surface, const store::Session& session,
                   std::string_view current) {
  TRY_ASSIGN(const std::string_view state, state_word(surface, session, surface.clock.now().wall));
  out.object();
  out.member("id", std::string_view(session.id));
  out.member("state", state);
  out.member("current", session.id == current);
  out.member("client_id", std::string_view(session.client_id));
  if (!session.scope.empty()) out.member("scope", std::string_view(session.scope));
  out.member("created", std::string_view(rfc3339(session.created)));
  out.member("expires", std::string_view(rfc3339(session.expires)));
  if (!session.address.empty()) out.member("address", std::string_view(session.address));
  if (!session.user_agent.empty()) out.member("user_agent", std::string_view(session.user_agent));
  out.end();
  return {};
}

}  // namespace

net::Response sessions_answer(Surface& surface, const net::Request& request,
                              std::string_view subject, std::string_view current) {
  const auto page = page_of(request);
  if (!page) return problem_of(page.error());
  const auto sessions = surface.reads.sessions().of_subject(subject, *page);
  if (!sessions) return problem_of(sessions.error());
  json::Writer out;
  out.object().name("sessions").array();
  for (const store::Session& session : *sessions) {
    if (const auto written = write(out, surface, session, current); !written) {
      return problem_of(written.error());
    }
  }
  out.end();
  if (sessions->size() == page->limit) {
    out.member("next", std::string_view(sessions->back().id));
  }
  out.end();
  return json_answer(200, out);
}

}  // namespace rescind::authority
