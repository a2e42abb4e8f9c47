// /v1/clients and /v1/keys: clients of the store, and the keys that sign tokens.

#include "authority/answers.h"
#include "authority/caller.h"
#include "authority/limits.h"
#include "authority/object_reader.h"

namespace rescind::authority {
namespace {

using net::PathParameters;
using net::Request;
using net::Responder;

void write_members(json::Writer& out, const store::Client& client) {
  out.member("id", std::string_view(client.id));
  out.member("roles", std::string_view(client.roles));
  out.member("disabled", client.disabled);
  out.member("created", std::string_view(rfc3339(client.created)));
}

// With the secret, this once.
auto answer_made(Responder responder, int status) {
  return [responder = std::move(responder), status](Result<ClientAdmin::Made> made) mutable {
    if (!made) return responder.respond(problem_of(made.error()));
    json::Writer out;
    out.object();
    write_members(out, made->client);
    out.member("secret", made->secret.expose());
    out.end();
    responder.respond(json_answer(status, out));
  };
}

void add_client(Surface& surface, const Request& request, const PathParameters&,
                Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  const auto body = body_object(surface, request);
  if (!body) return responder.respond(body.error());
  ObjectReader object(*body);
  ClientAdmin::NewClient client;
  client.id = object.optional_text("id", kMaxClientIdBytes);
  client.roles = object.text("roles", kMaxNameBytes);
  if (const auto read = object.finish(); !read) {
    return responder.respond(problem_of(read.error()));
  }
  surface.client_admin.add(std::move(client), answer_made(std::move(responder), 201));
}

void list_clients(Surface& surface, const Request& request, const PathParameters&,
                  Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  const auto page = page_of(request);
  if (!page) return responder.respond(problem_of(page.error()));
  const auto clients = surface.reads.clients().list(*page);
  if (!clients) return responder.respond(problem_of(clients.error()));
  json::Writer out;
  out.object().name("clients").array();
  for (const store::Client& client : *clients) {
    out.object();
    write_members(out, client);
    out.end();
  }
  out.end();
  if (clients->size() == page->limit) out.member("next", std::string_view(clients->back().id));
  out.end();
  responder.respond(json_answer(200, out));
}

void rotate_client(Surface& surface, const Request& request, const PathParameters& parameters,
                   Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  surface.client_admin.rotate(parameters["id"], answer_made(std::move(responder), 200));
}

void disable_client(Surface& surface, const Request& request, const PathParameters& parameters,
                    Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  surface.client_admin.disable(
      parameters["id"], caller->name,
      [responder = std::move(responder)](Result<store::Client> client) mutable {
        responder.respond(client ? no_content() : problem_of(client.error()));
      });
}

std::string_view word_of(store::KeyState state) {
  switch (state) {
    case store::KeyState::kNext:
      return "next";
    case store::KeyState::kActive:
      return "active";
    case store::KeyState::kRetired:
      return "retired";
    case store::KeyState::kGone:
      return "gone";
  }
  return "gone";
}

net::Response keys_answer(const KeyRing& ring) {
  json::Writer out;
  out.object().name("keys").array();
  for (const store::SigningKeyRow& row : ring.current()->rows) {
    out.object();
    out.member("kid", std::string_view(row.id));
    out.member("alg", std::string_view(row.algorithm));
    out.member("state", word_of(row.state));
    out.member("created", std::string_view(rfc3339(row.created)));
    out.member("changed", std::string_view(rfc3339(row.changed)));
    out.end();
  }
  out.end().end();
  return json_answer(200, out);
}

void list_keys(Surface& surface, const Request& request, const PathParameters&,
               Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  responder.respond(keys_answer(surface.keys));
}

void rotate_keys(Surface& surface, const Request& request, const PathParameters&,
                 Responder responder) {
  const auto caller = caller_with(surface, request, Role::kAdmin);
  if (!caller) return responder.respond(caller.error());
  KeyRing& ring = surface.keys;
  commit<KeyRing::Rows>(
      surface.core.committer,
      [&ring](store::Transaction& transaction) -> Result<KeyRing::Rows> {
        KeyRing::Rows rows;
        TRY(ring.rotate(transaction, rows));
        return rows;
      },
      [&ring, responder = std::move(responder)](Result<Stored<KeyRing::Rows>> rows) mutable {
        if (!rows) return responder.respond(problem_of(rows.error()));
        const auto adopted = ring.adopt(rows->value);
        responder.respond(adopted ? keys_answer(ring) : problem_of(adopted.error()));
      });
}

}  // namespace

void add_client_routes(net::Router& router, Surface& surface) {
  using net::Method;
  route(router, surface, Method::kPost, "/v1/clients", add_client);
  route(router, surface, Method::kGet, "/v1/clients", list_clients);
  route(router, surface, Method::kPost, "/v1/clients/{id}/rotate", rotate_client);
  route(router, surface, Method::kDelete, "/v1/clients/{id}", disable_client);
  route(router, surface, Method::kGet, "/v1/keys", list_keys);
  route(router, surface, Method::kPost, "/v1/keys/rotate", rotate_keys);
}

}  // namespace rescind::authority
