// /v1/accounts and GET /v1/sessions: accounts under an administrator's hand.

#include "authority/answers.h"
#include "authority/caller.h"
#include "authority/limits.h"
#include "authority/object_reader.h"
#include "authority/session_list.h"

namespace rescind::authority {
namespace {

using net::PathParameters;
using net::Request;
using net::Responder;

void write(json::Writer& out, const store::Account& account) {
  out.object();
  out.member("id", std::string_view(account.id));
  out.member("username", std::string_view(account.name));
  if (!account.email.empty()) out.member("email", std::string_view(account.email));
  out.member("administrator", account.administrator);
  out.member("disabled", account.disabled);
  out.member("has_password", !account.password_hash.empty());
  out.member("created", std::string_view(rfc3339(account.created)));
  out.end();
}

auto answer_account(Responder responder, int status) {
  return [responder = std::move(responder), status](Result<store::Account> account) mutable {
    if (!account) return responder.respond(problem_of(account.error()));
    json::Writer out;
    write(out, *account);
    net::Response response = json_answer(status, out);
    if (status == 201) response.headers.emplace_back("Location", "/v1/accounts/" + account->id);
    responder.respond(std::move(response));
  };
}

void add_account(Surface& surface, const Request& request, const PathParameters&,
                 Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  const auto body = body_object(surface, request);
  if (!body) return responder.respond(body.error());
  ObjectReader object(*body);
  AccountAdmin::NewAccount account;
  account.name = object.text("username", kMaxNameBytes);
  account.email = object.optional_text("email", kMaxEmailBytes);
  account.password = object.optional_secret("password", kMaxPasswordBytes);
  account.administrator = object.optional_truth("administrator");
  account.actor = caller->name;
  if (const auto read = object.finish(); !read) {
    return responder.respond(problem_of(read.error()));
  }
  surface.accounts.add(std::move(account), answer_account(std::move(responder), 201));
}

// All, or the one of `?username=`.
Result<std::vector<store::Account>> accounts_asked_for(Surface& surface, const Request& request,
                                                       const store::Page& page) {
  TRY_ASSIGN(const net::Form query, request.query_form());
  const auto name = query.find("username");
  if (!name) return surface.reads.accounts().list(page);
  TRY_ASSIGN(auto account, surface.reads.accounts().by_name(*name));
  std::vector<store::Account> found;
  if (account) found.push_back(*std::move(account));
  return found;
}

void list_accounts(Surface& surface, const Request& request, const PathParameters&,
                   Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  const auto page = page_of(request);
  if (!page) return responder.respond(problem_of(page.error()));
  const auto accounts = accounts_asked_for(surface, request, *page);
  if (!accounts) return responder.respond(problem_of(accounts.error()));
  json::Writer out;
  out.object().name("accounts").array();
  for (const store::Account& account : *accounts) write(out, account);
  out.end();
  if (accounts->size() == page->limit) {
    out.member("next", std::string_view(accounts->back().id));
  }
  out.end();
  responder.respond(json_answer(200, out));
}

void show_account(Surface& surface, const Request& request, const PathParameters& parameters,
                  Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  auto account = surface.reads.accounts().by_id(parameters["id"]);
  if (!account) return responder.respond(problem_of(account.error()));
  if (!*account) return responder.respond(problem_of({ErrorCode::kNotFound, "no such account"}));
  answer_account(std::move(responder), 200)(**std::move(account));
}

// What `disable` and `enable` have in common: a caller, and no body.
using Switch = void (AccountAdmin::*)(AccountAdmin::Change, Done<store::Account>);
template <Switch Do>
void switch_account(Surface& surface, const Request& request, const PathParameters& parameters,
                    Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  (surface.accounts.*Do)({.id = parameters["id"], .actor = caller->name},
                         answer_account(std::move(responder), 200));
}

void set_password(Surface& surface, const Request& request, const PathParameters& parameters,
                  Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  const auto body = body_object(surface, request);
  if (!body) return responder.respond(body.error());
  ObjectReader object(*body);
  Secret password = object.secret("password", kMaxPasswordBytes);
  if (const auto read = object.finish(); !read) {
    return responder.respond(problem_of(read.error()));
  }
  surface.accounts.set_password({.id = parameters["id"], .actor = caller->name},
                                std::move(password), answer_account(std::move(responder), 200));
}

void list_sessions(Surface& surface, const Request& request, const PathParameters&,
                   Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  const auto query = request.query_form();
  if (!query) return responder.respond(problem_of(query.error()));
  const auto subject = query->find("subject");
  if (!subject || subject->empty()) {
    return responder.respond(problem_of({ErrorCode::kInvalid, "\"subject\" is missing"}));
  }
  responder.respond(sessions_answer(surface, request, *subject, ""));
}

}  // namespace

void add_account_routes(net::Router& router, Surface& surface) {
  using net::Method;
  route(router, surface, Method::kPost, "/v1/accounts", add_account);
  route(router, surface, Method::kGet, "/v1/accounts", list_accounts);
  route(router, surface, Method::kGet, "/v1/accounts/{id}", show_account);
  route(router, surface, Method::kPost, "/v1/accounts/{id}/disable",
        switch_account<&AccountAdmin::disable>);
  route(router, surface, Method::kPost, "/v1/accounts/{id}/enable",
        switch_account<&AccountAdmin::enable>);
  route(router, surface, Method::kPost, "/v1/accounts/{id}/password", set_password);
  route(router, surface, Method::kGet, "/v1/sessions", list_sessions);
}

}  // namespace rescind::authority
