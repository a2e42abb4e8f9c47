// GET /v1/me, GET and DELETE /v1/me/sessions: what is the end user's own.

#include "authority/answers.h"
#include "authority/caller.h"
#include "authority/limits.h"
#include "authority/session_list.h"

namespace rescind::authority {
namespace {

using net::PathParameters;
using net::Request;
using net::Responder;

void show_self(Surface& surface, const Request& request, const PathParameters&,
               Responder responder) {
  const auto user = user_of(surface, request);
  if (!user) return responder.respond(user.error());
  json::Writer out;
  out.object();
  out.member("sub", std::string_view(user->subject));
  if (!user->email.empty()) out.member("email", std::string_view(user->email));
  if (!user->scope.empty()) out.member("scope", std::string_view(user->scope));
  out.member("client_id", std::string_view(user->client_id));
  out.member("session_id", std::string_view(user->session_id));
  out.member("expires_at", user->expires_at);
  out.end();
  responder.respond(json_answer(200, out));
}

void list_sessions(Surface& surface, const Request& request, const PathParameters&,
                   Responder responder) {
  const auto user = user_of(surface, request);
  if (!user) return responder.respond(user.error());
  responder.respond(sessions_answer(surface, request, user->subject, user->session_id));
}

void end_session(Surface& surface, const Request& request, const PathParameters& parameters,
                 Responder responder) {
  const auto user = user_of(surface, request);
  if (!user) return responder.respond(user.error());
  surface.sign_out.sign_out({.subject = user->subject, .id = parameters["sid"]},
                            SignOut::Extent::kSession,
                            [responder = std::move(responder)](Result<Position> ended) mutable {
                              responder.respond(ended ? no_content() : problem_of(ended.error()));
                            });
}

}  // namespace

void add_own_routes(net::Router& router, Surface& surface) {
  route(router, surface, net::Method::kGet, "/v1/me", show_self);
  route(router, surface, net::Method::kGet, "/v1/me/sessions", list_sessions);
  route(router, surface, net::Method::kDelete, "/v1/me/sessions/{sid}", end_session);
}

}  // namespace rescind::authority
