#pragma once
// What the endpoints stand on: the flows, and what a request needs to be read. Endpoints are thin:
// read strictly, ask who it is, call one flow, answer. All of it is used on the loop's thread; only
// the callbacks of flows come elsewhere, and they use nothing of this but what says so.

#include <functional>
#include <string>
#include <vector>

#include "authority/account_admin.h"
#include "authority/client_admin.h"
#include "authority/client_token.h"
#include "authority/followers.h"
#include "authority/limits.h"
#include "authority/password_change.h"
#include "authority/refresher.h"
#include "authority/revoker.h"
#include "authority/sign_in.h"
#include "authority/sign_out.h"
#include "authority/token_reader.h"
#include "base/json.h"
#include "net/router.h"

namespace rescind::authority {

struct Surface {
  const Options& options;
  const TokenPolicy& policy;
  const Clock& clock;
  Core& core;
  Reads& reads;
  const Clients& clients;
  KeyRing& keys;
  TokenReader& tokens;
  Followers& followers;

  SignIn& sign_in;
  PasswordChange& password_change;
  Refresher& refresher;
  SignOut& sign_out;
  Revoker& revoker;
  AccountAdmin& accounts;
  ClientAdmin& client_admin;
  ClientToken& client_token;

  std::vector<std::string> origins;  // of pages that may use the cookie
  std::function<void(Task)> post;    // to the loop's thread; any thread
  std::function<void()> wake;        // something is to be done before the deadline; any thread
  json::Reader reader;
};

// A handler of one route.
using Endpoint = void (*)(Surface&, const net::Request&, const net::PathParameters&,
                          net::Responder);
void route(net::Router& router, Surface& surface, net::Method method, std::string_view pattern,
           Endpoint endpoint, std::size_t body_limit = kMaxBodyBytes);

void add_session_routes(net::Router& router, Surface& surface);     // login, refresh, logout, …
void add_own_routes(net::Router& router, Surface& surface);         // /v1/me
void add_oauth_routes(net::Router& router, Surface& surface);       // /oauth2
void add_revocation_routes(net::Router& router, Surface& surface);  // /v1/revocations
void add_follower_routes(net::Router& router, Surface& surface);    // /v1/followers
void add_account_routes(net::Router& router, Surface& surface);     // /v1/accounts
void add_client_routes(net::Router& router, Surface& surface);      // /v1/clients, /v1/keys
void add_metadata_routes(net::Router& router, Surface& surface);    // /.well-known

}  // namespace rescind::authority
