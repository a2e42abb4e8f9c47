// POST /oauth2/token (RFC 6749), /oauth2/revoke (RFC 7009), /oauth2/introspect (RFC 7662).

#include "authority/answers.h"
#include "authority/caller.h"
#include "authority/limits.h"
#include "authority/refresh_secret.h"
#include "authority/scope.h"

namespace rescind::authority {
namespace {

using net::PathParameters;
using net::Request;
using net::Responder;

std::string text_of_field(const net::Form& form, std::string_view name) {
  return std::string(form.find(name).value_or(std::string_view()));
}

auto answer_grant(Responder responder) {
  return [responder = std::move(responder)](Result<Pair> pair) mutable {
    if (!pair) return responder.respond(oauth_error_of(pair.error()));
    json::Writer out;
    out.object();
    write_pair(out, *pair, true);
    out.end();
    net::Response response = json_answer(200, out);
    response.headers.emplace_back("Pragma", "no-cache");  // RFC 6749 5.1
    responder.respond(std::move(response));
  };
}

void grant_refresh(Surface& surface, const net::Form& form, const KnownClient& client,
                   std::string scope, Responder responder) {
  Secret token(text_of_field(form, "refresh_token"));
  if (token.empty()) {
    return responder.respond(oauth_error("invalid_request", "refresh_token is missing"));
  }
  surface.refresher.refresh(
      {.token = std::move(token), .client_id = client.id, .scope = std::move(scope)},
      answer_grant(std::move(responder)));
}

void grant_to_client(Surface& surface, const KnownClient& client, std::string scope,
                     Responder responder) {
  if (!client.secret_hash) {
    return responder.respond(oauth_error("unauthorized_client", "a public client has no tokens"));
  }
  surface.client_token.issue(client.id, std::move(scope), answer_grant(std::move(responder)));
}

void grant_by_password(Surface& surface, const Request& request, const net::Form& form,
                       const KnownClient& client, std::string scope, Responder responder) {
  SignIn::Attempt attempt;
  attempt.name = text_of_field(form, "username");
  attempt.password = Secret(text_of_field(form, "password"));
  if (attempt.name.empty() || attempt.name.size() > kMaxNameBytes || attempt.password.empty() ||
      attempt.password.size() > kMaxPasswordBytes) {
    return responder.respond(oauth_error("invalid_request", "username and password are needed"));
  }
  attempt.client_id = client.id;
  attempt.scope = std::move(scope);
  attempt.address = address_of(surface, request);
  attempt.user_agent = user_agent_of(request);
  surface.sign_in.sign_in(std::move(attempt), surface.clock.now(),
                          answer_grant(std::move(responder)));
}

void grant_token(Surface& surface, const Request& request, const PathParameters&,
                 Responder responder) {
  const auto form = request.body_form();
  if (!form) return responder.respond(oauth_error("invalid_request", form.error().message));
  const auto client = oauth_client(surface, request, *form);
  if (!client) return responder.respond(client.error());
  const auto grant = form->find("grant_type");
  std::string scope = text_of_field(*form, "scope");
  if (!grant) return responder.respond(oauth_error("invalid_request", "grant_type is missing"));
  if (!is_scope(scope)) return responder.respond(oauth_error("invalid_scope", "no scope"));
  const bool may_log_in = client->roles.may(Role::kLogin);
  if (*grant == "client_credentials") {
    return grant_to_client(surface, *client, std::move(scope), std::move(responder));
  }
  const bool by_password = *grant == "password" && surface.options.password_grant;
  if (*grant != "refresh_token" && !by_password) {
    return responder.respond(oauth_error("unsupported_grant_type", "not offered here"));
  }
  if (!may_log_in) {
    return responder.respond(oauth_error("unauthorized_client", "this client signs nobody in"));
  }
  if (by_password) {
    return grant_by_password(surface, request, *form, *client, std::move(scope),
                             std::move(responder));
  }
  grant_refresh(surface, *form, *client, std::move(scope), std::move(responder));
}

// RFC 7009 2.2: whoever does not know a token learns nothing of it.
net::Response revoked() {
  net::Response response;
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

net::Response of_another_client() {
  return oauth_error("invalid_grant", "this token was issued to another client");
}

void revoke_access_token(Surface& surface, const std::string& token, const KnownClient& client,
                         Responder responder) {
  const auto decision = surface.tokens.read(token, surface.clock.now());
  if (!decision) return responder.respond(problem_of(decision.error()));
  // Expired, revoked, nobody's: it is not accepted anywhere as it is.
  if (!decision->accepted() || decision->claims()->issuer != surface.policy.issuer) {
    return responder.respond(revoked());
  }
  const Claims& claims = *decision->claims();
  if (claims.client_id != client.id) return responder.respond(of_another_client());
  surface.sign_out.revoke_access_token(
      {.id = claims.token_id, .expires_at = claims.expires_at, .client_id = client.id},
      [responder = std::move(responder)](Result<Position> position) mutable {
        responder.respond(position ? revoked() : problem_of(position.error()));
      });
}

void revoke_token(Surface& surface, const Request& request, const PathParameters&,
                  Responder responder) {
  const auto form = request.body_form();
  if (!form) return responder.respond(oauth_error("invalid_request", form.error().message));
  const auto client = oauth_client(surface, request, *form);
  if (!client) return responder.respond(client.error());
  const std::string token = text_of_field(*form, "token");
  if (token.empty()) {
    return responder.respond(oauth_error("invalid_request", "token is missing"));
  }
  // The two kinds are told apart by their form; `token_type_hint` is not needed.
  if (!looks_like_refresh_token(token)) {
    return revoke_access_token(surface, token, *client, std::move(responder));
  }
  surface.sign_out.sign_out_by_token(
      Secret(token), client->id, SignOut::Extent::kSession,
      [responder = std::move(responder)](Result<std::optional<Position>> position) mutable {
        if (position) return responder.respond(revoked());
        const bool foreign = position.error().code == ErrorCode::kUnauthorized;
        responder.respond(foreign ? of_another_client() : problem_of(position.error()));
      });
}

void introspect(Surface& surface, const Request& request, const PathParameters&,
                Responder responder) {
  const auto form = request.body_form();
  if (!form) return responder.respond(oauth_error("invalid_request", form.error().message));
  const auto client = oauth_client(surface, request, *form);
  if (!client) return responder.respond(client.error());
  if (!client->roles.may(Role::kIntrospect)) {
    return responder.respond(forbidden("this client may not introspect"));
  }
  const auto token = form->find("token");
  if (!token || token->empty()) {
    return responder.respond(oauth_error("invalid_request", "token is missing"));
  }
  const auto decision = surface.tokens.read(*token, surface.clock.now());
  if (!decision) return responder.respond(problem_of(decision.error()));
  Counters& counters = surface.core.counters;
  (decision->accepted() ? counters.introspections_active : counters.introspections_inactive).add();
  net::Response response;
  response.content_type = "application/json";
  response.body = introspection_of(*decision);
  response.headers.emplace_back("Cache-Control", "no-store");
  responder.respond(std::move(response));
}

}  // namespace

void add_oauth_routes(net::Router& router, Surface& surface) {
  route(router, surface, net::Method::kPost, "/oauth2/token", grant_token);
  route(router, surface, net::Method::kPost, "/oauth2/revoke", revoke_token);
  route(router, surface, net::Method::kPost, "/oauth2/introspect", introspect);
}

}  // namespace rescind::authority
