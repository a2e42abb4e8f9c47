// POST /v1/login, /v1/refresh-token, /v1/logout, /v1/password, /v1/sessions: how first-party users
// and trusted clients come and go.

#include "authority/answers.h"
#include "authority/browser.h"
#include "authority/caller.h"
#include "authority/limits.h"
#include "authority/object_reader.h"
#include "authority/scope.h"

namespace rescind::authority {
namespace {

using net::PathParameters;
using net::Request;
using net::Responder;

// Answers a pair: the refresh token in the body, or in the cookie.
auto answer_pair(Responder responder, int status, bool in_cookie) {
  return [responder = std::move(responder), status, in_cookie](Result<Pair> pair) mutable {
    if (!pair) return responder.respond(problem_of(pair.error()));
    json::Writer out;
    out.object();
    write_pair(out, *pair, !in_cookie);
    out.end();
    net::Response response = json_answer(status, out);
    if (in_cookie) {
      response.headers.emplace_back(
          "Set-Cookie",
          set_refresh_cookie(pair->refresh_token, pair->session_expires_at - pair->issued_at));
    }
    responder.respond(std::move(response));
  };
}

net::Response foreign_page() {
  return forbidden("a request with the refresh cookie has to come from a page of ours");
}

void login(Surface& surface, const Request& request, const PathParameters&, Responder responder) {
  const auto body = body_object(surface, request);
  if (!body) return responder.respond(body.error());
  ObjectReader object(*body);
  SignIn::Attempt attempt;
  attempt.name = object.text("username", kMaxNameBytes);
  attempt.password = object.secret("password", kMaxPasswordBytes);
  attempt.client_id = object.optional_text("client_id", kMaxClientIdBytes);
  attempt.scope = object.optional_text("scope", kMaxScopeBytes);
  attempt.audience = object.optional_texts("audience", kMaxAudienceBytes, kMaxAudiences);
  const bool in_cookie = object.optional_truth("cookie");
  if (!is_scope(attempt.scope)) object.refuse("scope", "is no scope");
  if (const auto read = object.finish(); !read) {
    return responder.respond(problem_of(read.error()));
  }
  if (in_cookie && !comes_from_own_page(request, surface.origins)) {
    return responder.respond(foreign_page());
  }
  const auto client = login_client(surface, request, attempt.client_id);
  if (!client) return responder.respond(client.error());
  attempt.client_id = client->id;
  attempt.address = address_of(surface, request);
  attempt.user_agent = user_agent_of(request);
  surface.sign_in.sign_in(std::move(attempt), surface.clock.now(),
                          answer_pair(std::move(responder), 200, in_cookie));
}

// The refresh token that a request shows, in its body or its cookie.
struct Shown {
  Secret token;
  bool in_cookie = false;
};
OrAnswer<Shown> shown_token(Surface& surface, const Request& request, Secret in_body) {
  if (!in_body.empty()) return Shown{std::move(in_body), false};
  auto cookie = refresh_cookie(request);
  if (!cookie) return std::unexpected(problem_of(cookie.error()));
  if (cookie->empty()) return Shown{};
  if (!comes_from_own_page(request, surface.origins)) return std::unexpected(foreign_page());
  return Shown{*std::move(cookie), true};
}

void refresh(Surface& surface, const Request& request, const PathParameters&, Responder responder) {
  const auto body = body_object(surface, request, {.may_be_empty = true});
  if (!body) return responder.respond(body.error());
  ObjectReader object(*body);
  Secret in_body = object.optional_secret("refresh_token", kMaxNameBytes);
  const std::string named = object.optional_text("client_id", kMaxClientIdBytes);
  Refresher::Presented presented;
  presented.scope = object.optional_text("scope", kMaxScopeBytes);
  if (!is_scope(presented.scope)) object.refuse("scope", "is no scope");
  if (const auto read = object.finish(); !read) {
    return responder.respond(problem_of(read.error()));
  }
  auto shown = shown_token(surface, request, std::move(in_body));
  if (!shown) return responder.respond(std::move(shown).error());
  if (shown->token.empty()) {
    return responder.respond(problem_of({ErrorCode::kInvalid, "\"refresh_token\" is missing"}));
  }
  const auto client = login_client(surface, request, named);
  if (!client) return responder.respond(client.error());
  presented.token = std::move(shown->token);
  presented.client_id = client->id;
  surface.refresher.refresh(std::move(presented),
                            answer_pair(std::move(responder), 200, shown->in_cookie));
}

std::optional<SignOut::Extent> extent_named(std::string_view name) {
  if (name.empty() || name == "session") return SignOut::Extent::kSession;
  if (name == "all") return SignOut::Extent::kAll;
  if (name == "others") return SignOut::Extent::kOthers;
  return std::nullopt;
}

net::Response signed_out(std::optional<Position> position, bool clears_cookie) {
  json::Writer out;
  out.object();
  if (position) out.member("position", std::string_view(revocation::to_string(*position)));
  out.end();
  net::Response response = json_answer(200, out);
  if (position) tell_position(response, *position);
  if (clears_cookie) response.headers.emplace_back("Set-Cookie", clear_refresh_cookie());
  return response;
}

void log_out_by_token(Surface& surface, Shown shown, const std::string& client_id,
                      SignOut::Extent extent, Responder responder) {
  const bool clears_cookie = shown.in_cookie && extent != SignOut::Extent::kOthers;
  surface.sign_out.sign_out_by_token(std::move(shown.token), client_id, extent,
                                     [clears_cookie, responder = std::move(responder)](
                                         Result<std::optional<Position>> position) mutable {
                                       if (!position)
                                         return responder.respond(problem_of(position.error()));
                                       responder.respond(signed_out(*position, clears_cookie));
                                     });
}

void log_out_by_bearer(Surface& surface, const Request& request, SignOut::Extent extent,
                       Responder responder) {
  const auto user = user_of(surface, request);
  if (!user) return responder.respond(user.error());
  const auto cookie = refresh_cookie(request);
  const bool clears_cookie =
      extent != SignOut::Extent::kOthers && cookie.has_value() && !cookie->empty();
  surface.sign_out.sign_out(
      {.subject = user->subject, .id = user->session_id}, extent,
      [clears_cookie, responder = std::move(responder)](Result<Position> position) mutable {
        if (!position) return responder.respond(problem_of(position.error()));
        responder.respond(signed_out(*position, clears_cookie));
      });
}

void log_out(Surface& surface, const Request& request, const PathParameters&, Responder responder) {
  const auto body = body_object(surface, request, {.may_be_empty = true});
  if (!body) return responder.respond(body.error());
  ObjectReader object(*body);
  const auto extent = extent_named(object.optional_text("scope", kMaxScopeBytes));
  const std::string named = object.optional_text("client_id", kMaxClientIdBytes);
  Secret in_body = object.optional_secret("refresh_token", kMaxNameBytes);
  if (!extent) object.refuse("scope", "is one of session, all, others");
  if (const auto read = object.finish(); !read) {
    return responder.respond(problem_of(read.error()));
  }
  // A browser sends its cookie with everything; who shows an access token means that.
  const bool by_bearer = in_body.empty() && request.headers.find("Authorization");
  if (by_bearer) return log_out_by_bearer(surface, request, *extent, std::move(responder));
  auto shown = shown_token(surface, request, std::move(in_body));
  if (!shown) return responder.respond(std::move(shown).error());
  if (shown->token.empty()) return responder.respond(unauthorized("a token is needed"));
  const auto client = login_client(surface, request, named);
  if (!client) return responder.respond(client.error());
  log_out_by_token(surface, *std::move(shown), client->id, *extent, std::move(responder));
}

void change_password(Surface& surface, const Request& request, const PathParameters&,
                     Responder responder) {
  const auto body = body_object(surface, request);
  if (!body) return responder.respond(body.error());
  ObjectReader object(*body);
  PasswordChange::Wanted wanted;
  wanted.current = object.secret("current_password", kMaxPasswordBytes);
  wanted.next = object.secret("new_password", kMaxPasswordBytes);
  const bool in_cookie = object.optional_truth("cookie");
  if (const auto read = object.finish(); !read) {
    return responder.respond(problem_of(read.error()));
  }
  if (in_cookie && !comes_from_own_page(request, surface.origins)) {
    return responder.respond(foreign_page());
  }
  const auto user = user_of(surface, request);
  if (!user) return responder.respond(user.error());
  wanted.subject = user->subject;
  wanted.session_id = user->session_id;
  wanted.address = address_of(surface, request);
  wanted.user_agent = user_agent_of(request);
  surface.password_change.change(
      std::move(wanted), surface.clock.now(),
      [in_cookie, responder = std::move(responder)](Result<Pair> pair) mutable {
        // The token was good: what is wrong is the password.
        if (!pair && pair.error().code == ErrorCode::kUnauthorized) {
          return responder.respond(forbidden(pair.error().message));
        }
        answer_pair(std::move(responder), 200, in_cookie)(std::move(pair));
      });
}

void open_session(Surface& surface, const Request& request, const PathParameters&,
                  Responder responder) {
  const auto caller = caller_with(surface, request, Role::kSessions);
  if (!caller) return responder.respond(caller.error());
  const auto body = body_object(surface, request);
  if (!body) return responder.respond(body.error());
  ObjectReader object(*body);
  SignIn::TrustedUser user;
  user.caller = caller->name;
  user.subject = object.text("subject", kMaxSubjectBytes);
  user.client_id = object.text("client_id", kMaxClientIdBytes);
  user.scope = object.optional_text("scope", kMaxScopeBytes);
  user.audience = object.optional_texts("audience", kMaxAudienceBytes, kMaxAudiences);
  user.email = object.optional_text("email", kMaxEmailBytes);
  user.address = object.optional_text("address", kMaxNameBytes);
  user.user_agent = object.optional_text("user_agent", kMaxUserAgentBytes);
  if (!is_scope(user.scope)) object.refuse("scope", "is no scope");
  if (const auto read = object.finish(); !read) {
    return responder.respond(problem_of(read.error()));
  }
  const auto client = surface.clients.find(user.client_id, surface.reads);
  if (!client) return responder.respond(problem_of(client.error()));
  if (!*client || !(*client)->roles.may(Role::kLogin)) {
    return responder.respond(
        problem_of({ErrorCode::kInvalid, "\"client_id\" is no client that signs users in"}));
  }
  surface.sign_in.open_session(std::move(user), answer_pair(std::move(responder), 201, false));
}

}  // namespace

void add_session_routes(net::Router& router, Surface& surface) {
  route(router, surface, net::Method::kPost, "/v1/login", login);
  route(router, surface, net::Method::kPost, "/v1/refresh-token", refresh);
  route(router, surface, net::Method::kPost, "/v1/logout", log_out);
  route(router, surface, net::Method::kPost, "/v1/password", change_password);
  route(router, surface, net::Method::kPost, "/v1/sessions", open_session);
}

}  // namespace rescind::authority
