#include "authority/caller.h"

#include <charconv>

#include "authority/answers.h"
#include "authority/limits.h"
#include "authority/scope.h"
#include "net/basic_auth.h"
#include "net/header_value.h"

namespace rescind::authority {
namespace {

std::unexpected<net::Response> answer(net::Response response) {
  return std::unexpected(std::move(response));
}
std::unexpected<net::Response> answer(const Error& error) {
  return std::unexpected(problem_of(error));
}

// The one Authorization header; nothing where there is none.
OrAnswer<std::optional<net::Credentials>> authorization(const net::Request& request) {
  if (request.headers.count("Authorization") > 1) {
    return answer(Error{ErrorCode::kInvalid, "more than one Authorization header"});
  }
  const auto header = request.headers.find("Authorization");
  if (!header) return std::optional<net::Credentials>();
  const auto credentials = net::parse_authorization(*header);
  if (!credentials) return answer(Error{ErrorCode::kInvalid, "malformed Authorization header"});
  return credentials;
}

bool is_scheme(const net::Credentials& credentials, std::string_view scheme) {
  return net::equal_ignoring_case(credentials.scheme, scheme);
}

// kUnauthorized: no such client with this secret.
Result<KnownClient> basic_client(Surface& surface, const net::Credentials& credentials) {
  const auto basic = net::parse_basic(credentials.value);
  if (!basic) return fail(ErrorCode::kUnauthorized, "unknown client, or wrong secret");
  return surface.clients.authenticate(basic->id, basic->secret.expose(), surface.reads);
}

// A client without a secret, which is known by its id alone.
Result<KnownClient> public_client(Surface& surface, std::string_view id) {
  TRY_ASSIGN(auto client, surface.clients.find(id, surface.reads));
  if (!client || client->secret_hash) {
    return fail(ErrorCode::kUnauthorized, "unknown client, or wrong secret");
  }
  return *std::move(client);
}

OrAnswer<Caller> administrator_of(Surface& surface, const net::Request& request) {
  auto claims = user_of(surface, request);
  if (!claims) return std::unexpected(std::move(claims).error());
  auto account = surface.reads.accounts().by_id(claims->subject);
  if (!account) return answer(account.error());
  const bool administers = *account && (*account)->administrator && !(*account)->disabled;
  if (!administers || !scope_within(kAdminScope, claims->scope)) {
    return answer(forbidden("this needs an administrator's token with the scope rescind.admin"));
  }
  Caller caller{.name = "user:" + claims->subject, .roles = {}};
  caller.roles.add(Role::kAdmin);
  return caller;
}

}  // namespace

void route(net::Router& router, Surface& surface, net::Method method, std::string_view pattern,
           Endpoint endpoint, std::size_t body_limit) {
  router.add(
      method, pattern,
      [&surface, endpoint](const net::Request& request, const net::PathParameters& parameters,
                           net::Responder responder) {
        endpoint(surface, request, parameters, std::move(responder));
      },
      body_limit);
}

OrAnswer<Claims> user_of(Surface& surface, const net::Request& request) {
  const auto credentials = authorization(request);
  if (!credentials) return std::unexpected(credentials.error());
  if (!*credentials || !is_scheme(**credentials, "Bearer")) {
    return answer(unauthorized("an access token is needed"));
  }
  const auto decision = surface.tokens.read((*credentials)->value, surface.clock.now());
  if (!decision) return answer(decision.error());
  if (!decision->accepted()) return answer(invalid_token(to_string(*decision->reason())));
  if (decision->claims()->issuer != surface.policy.issuer) {
    return answer(invalid_token("a token of another issuer"));
  }
  return *decision->claims();
}

OrAnswer<Caller> caller_with(Surface& surface, const net::Request& request, Role role) {
  const auto credentials = authorization(request);
  if (!credentials) return std::unexpected(credentials.error());
  if (!*credentials) return answer(unauthorized("a client's credentials are needed"));
  if (is_scheme(**credentials, "Bearer")) return administrator_of(surface, request);
  if (!is_scheme(**credentials, "Basic")) return answer(unauthorized("Basic or Bearer is needed"));
  const auto client = basic_client(surface, **credentials);
  if (!client) return answer(client.error());
  if (!client->roles.may(role)) return answer(forbidden("this client may not do this"));
  return Caller{.name = "client:" + client->id, .roles = client->roles};
}

OrAnswer<KnownClient> login_client(Surface& surface, const net::Request& request,
                                   const std::string& named) {
  const auto credentials = authorization(request);
  if (!credentials) return std::unexpected(credentials.error());
  Result<KnownClient> client = fail(ErrorCode::kUnauthorized, "unknown client, or wrong secret");
  if (*credentials && is_scheme(**credentials, "Basic")) {
    client = basic_client(surface, **credentials);
  } else {
    client = public_client(surface, named.empty() ? surface.clients.public_client() : named);
  }
  if (!client) return answer(client.error());
  if (!named.empty() && named != client->id) {
    return answer(Error{ErrorCode::kInvalid, "\"client_id\" is not the client that asks"});
  }
  if (!client->roles.may(Role::kLogin)) return answer(forbidden("this client may not sign in"));
  return *std::move(client);
}

OrAnswer<KnownClient> oauth_client(Surface& surface, const net::Request& request,
                                   const net::Form& form) {
  const auto credentials = authorization(request);
  if (!credentials) return std::unexpected(credentials.error());
  const auto id = form.find("client_id");
  const auto secret = form.find("client_secret");
  if (*credentials && secret) {
    return answer(oauth_error("invalid_request", "two ways of authentication"));
  }
  Result<KnownClient> client = fail(ErrorCode::kUnauthorized, "client authentication is needed");
  if (*credentials && is_scheme(**credentials, "Basic")) {
    client = basic_client(surface, **credentials);
  } else if (id && secret) {
    client = surface.clients.authenticate(*id, *secret, surface.reads);
  } else if (id) {
    client = public_client(surface, *id);
  }
  if (!client) {
    if (client.error().code != ErrorCode::kUnauthorized) return answer(client.error());
    return answer(oauth_error("invalid_client", client.error().message));
  }
  if (id && *id != client->id) {
    return answer(oauth_error("invalid_request", "client_id is not the client that asks"));
  }
  return *std::move(client);
}

OrAnswer<json::Value> body_object(Surface& surface, const net::Request& request,
                                  BodyOptions options) {
  const bool empty = request.body.empty();
  if (!empty) {
    const auto type = request.headers.find("Content-Type");
    if (!type || !net::is_media_type(*type, "application/json")) {
      return answer(net::problem_response(415, "the body has to be application/json"));
    }
  } else if (!options.may_be_empty) {
    return answer(Error{ErrorCode::kInvalid, "the body is empty"});
  }
  const auto value = surface.reader.parse(empty ? "{}" : request.body, options.limits);
  if (!value) {
    return answer(Error{ErrorCode::kInvalid, "the body is refused: " + value.error().message});
  }
  if (!value->is_object()) {
    return answer(Error{ErrorCode::kInvalid, "the body has to be a JSON object"});
  }
  return *value;
}

std::string address_of(const Surface& surface, const net::Request& request) {
  const std::string& name = surface.options.client_address_header;
  if (!name.empty()) {
    std::string_view last;
    for (const net::Header& header : request.headers) {
      if (net::equal_ignoring_case(header.name, name)) last = header.value;
    }
    const std::size_t comma = last.rfind(',');
    if (comma != std::string_view::npos) last.remove_prefix(comma + 1);
    return std::string(net::trimmed(last));
  }
  return std::string(request.peer.substr(0, request.peer.rfind(':')));
}

std::string user_agent_of(const net::Request& request) {
  return std::string(request.headers.find("User-Agent").value_or("").substr(0, kMaxUserAgentBytes));
}

Result<store::Page> page_of(const net::Request& request) {
  TRY_ASSIGN(const net::Form query, request.query_form());
  store::Page page{.after = std::string(query.find("after").value_or("")), .limit = kDefaultPage};
  if (page.after.size() > kMaxSubjectBytes) return fail(ErrorCode::kInvalid, "no such cursor");
  const auto limit = query.find("limit");
  if (!limit) return page;
  const auto [end, error] =
      std::from_chars(limit->data(), limit->data() + limit->size(), page.limit);
  const bool whole = error == std::errc{} && end == limit->data() + limit->size();
  if (!whole || page.limit < 1 || page.limit > kMaxPage) {
    return fail(ErrorCode::kInvalid, "\"limit\" is a number from 1 to 1000");
  }
  return page;
}

}  // namespace rescind::authority
