// /v1/revocations.

#include <charconv>

#include "authority/answers.h"
#include "authority/caller.h"
#include "authority/limits.h"
#include "authority/order_reader.h"
#include "authority/refresh_secret.h"
#include "net/header_value.h"

namespace rescind::authority {
namespace {

using net::PathParameters;
using net::Request;
using net::Responder;

constexpr json::Limits kOrdersLimits{
    .bytes = kMaxOrdersBytes, .depth = 4, .members = static_cast<unsigned>(8 * kMaxOrders)};

void write_value(json::Writer& out, const revocation::Value& value) {
  out.name("value");
  if (const auto* text = std::get_if<std::string>(&value)) {
    out.value(std::string_view(*text));
  } else {
    out.value(std::get<std::int64_t>(value));
  }
}

// The members of a revocation that was recorded, into an open object.
void write_record(json::Writer& out, const store::RevocationRecord& record) {
  const revocation::Revocation& revocation = record.revocation;
  out.member("id", std::string_view(record.id));
  out.member("position", std::string_view(revocation::to_string(record.position)));
  out.member("at", std::string_view(rfc3339(record.at)));
  out.member("issuer", std::string_view(revocation.target.issuer));
  out.member("claim", std::string_view(revocation.target.claim));
  write_value(out, revocation.target.value);
  if (revocation.cut) {
    out.member("cut", std::string_view(revocation::to_string(*revocation.cut)));
  }
  if (revocation.until != revocation::kForever) out.member("until", revocation.until);
  out.member("reason", revocation::to_string(revocation.reason));
  out.member("actor", std::string_view(record.actor));
  if (!record.note.empty()) out.member("note", std::string_view(record.note));
}

std::string_view word_of(Followers::State state) {
  switch (state) {
    case Followers::State::kApplied:
      return "applied";
    case Followers::State::kRefusing:
      return "refusing";
    case Followers::State::kAsking:
      return "asking";
    case Followers::State::kMissing:
      return "missing";
  }
  return "missing";
}

std::string_view word_of(const Followers::Propagation& propagation) {
  if (propagation.followers.empty()) return "no_followers";
  return propagation.complete ? "complete" : "in_part";
}

void write_propagation(json::Writer& out, const Followers::Propagation& propagation) {
  out.name("propagation").object().member("complete", propagation.complete);
  out.member("state", word_of(propagation));
  if (propagation.followers.empty()) {
    out.member("detail",
               "no follower has reported to this authority since its start, or for an hour: nobody "
               "but the authority is known to refuse it");
  }
  out.name("followers").array();
  for (const Followers::Reach& follower : propagation.followers) {
    out.object();
    out.member("name", std::string_view(follower.name));
    out.member("state", word_of(follower.state));
    out.member("position", std::string_view(revocation::to_string(follower.position)));
    out.member("policy", std::string_view(follower.policy));
    const FollowerPolicy policy = parse_policy(follower.policy);
    out.member("when_stale", to_string(policy.when_stale));
    out.member("max_staleness_ms", policy.max_staleness.count());
    out.member("silent_ms", follower.silent.count());
    if (follower.after) out.member("after_ms", in_milliseconds(*follower.after));
    out.end();
  }
  out.end().end();
}

// `Prefer: wait=2` (RFC 7240): how long the caller waits for receipts.
std::optional<std::chrono::seconds> preferred_wait(const Request& request) {
  for (const net::Header& header : request.headers) {
    if (!net::equal_ignoring_case(header.name, "Prefer")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view preference = net::trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!preference.starts_with("wait=")) continue;
      unsigned seconds = 0;
      const char* last = preference.data() + preference.size();
      const auto [stop, error] = std::from_chars(preference.data() + 5, last, seconds);
      if (error != std::errc{} || stop != last) continue;
      return std::min(std::chrono::seconds(seconds), kMaxWait);
    }
  }
  return std::nullopt;
}

struct Reply {
  std::vector<Revoker::Revoked> revoked;
  bool listed = false;  // the request was a list, so the answer is one
  std::optional<std::chrono::seconds> wait;
};

void write_revoked(json::Writer& out, const Reply& reply) {
  if (!reply.listed) {
    out.member("id", std::string_view(reply.revoked.front().id));
  } else {
    out.member("count", static_cast<std::uint64_t>(reply.revoked.size()));
    out.member("first_id", std::string_view(reply.revoked.front().id));
    out.member("last_id", std::string_view(reply.revoked.back().id));
  }
  out.member("position", std::string_view(revocation::to_string(reply.revoked.back().position)));
}

net::Response created(const Reply& reply, const Followers::Propagation* propagation) {
  json::Writer out;
  out.object();
  write_revoked(out, reply);
  if (propagation != nullptr) write_propagation(out, *propagation);
  out.end();
  const bool incomplete = propagation != nullptr && !propagation->complete;
  net::Response response = json_answer(incomplete ? 202 : 201, out);
  tell_position(response, reply.revoked.back().position);
  if (!reply.listed) {
    response.headers.emplace_back("Location", "/v1/revocations/" + reply.revoked.front().id);
  }
  if (reply.wait) {
    response.headers.emplace_back("Preference-Applied",
                                  "wait=" + std::to_string(reply.wait->count()));
  }
  return response;
}

// On the loop's thread, after the commit.
void wait_for_receipts(Surface& surface, Reply reply, Responder responder) {
  const Now now = surface.clock.now();
  const Position position = reply.revoked.back().position;
  const BootTime deadline = now.boot + *reply.wait;
  surface.followers.wait(position, deadline, now,
                         [reply = std::move(reply), responder = std::move(responder)](
                             Result<Followers::Propagation> reached) mutable {
                           // It is revoked, whoever waits or does not.
                           responder.respond(created(reply, reached ? &*reached : nullptr));
                         });
  surface.wake();
}

void submit(Surface& surface, std::vector<Revoker::Order> orders, Reply reply,
            Responder responder) {
  for (Revoker::Order& order : orders) order.want_receipts = reply.wait.has_value();
  surface.revoker.revoke(
      std::move(orders), [&surface, reply = std::move(reply), responder = std::move(responder)](
                             Result<std::vector<Revoker::Revoked>> revoked) mutable {
        if (!revoked) return responder.respond(problem_of(revoked.error()));
        reply.revoked = *std::move(revoked);
        if (!reply.wait) return responder.respond(created(reply, nullptr));
        surface.post(
            [&surface, reply = std::move(reply), responder = std::move(responder)]() mutable {
              wait_for_receipts(surface, std::move(reply), std::move(responder));
            });
      });
}

// A refresh token that was shown names its session.
Result<void> name_session(Surface& surface, OrderRequest& wanted) {
  if (wanted.refresh_token.empty()) return {};
  TRY_ASSIGN(const std::string session,
             surface.reads.session_of_refresh_token(refresh_hash(wanted.refresh_token.expose())));
  if (session.empty()) return fail(ErrorCode::kNotFound, "no such refresh token");
  wanted.order.target = {surface.policy.issuer, std::string(revocation::claim::kSession), session};
  return {};
}

void revoke(Surface& surface, const Request& request, const PathParameters&, Responder responder) {
  auto caller = caller_with(surface, request, Role::kRevoke);
  if (!caller) return responder.respond(caller.error());
  const auto body = body_object(surface, request, {.limits = kOrdersLimits});
  if (!body) return responder.respond(body.error());
  auto wanted = read_orders(*body, surface.policy.issuer);
  if (!wanted) return responder.respond(problem_of(wanted.error()));
  std::vector<Revoker::Order> orders;
  orders.reserve(wanted->orders.size());
  for (OrderRequest& one : wanted->orders) {
    if (const auto named = name_session(surface, one); !named) {
      return responder.respond(problem_of(named.error()));
    }
    one.order.actor = caller->name;
    orders.push_back(std::move(one.order));
  }
  Reply reply{.revoked = {}, .listed = wanted->listed, .wait = preferred_wait(request)};
  submit(surface, std::move(orders), std::move(reply), std::move(responder));
}

void list_revocations(Surface& surface, const Request& request, const PathParameters&,
                      Responder responder) {
  const auto caller = caller_with(surface, request, Role::kRevoke);
  if (!caller) return responder.respond(caller.error());
  const auto page = page_of(request);
  if (!page) return responder.respond(problem_of(page.error()));
  const auto records = surface.reads.revocations().records(*page);
  if (!records) return responder.respond(problem_of(records.error()));
  json::Writer out;
  out.object().name("revocations").array();
  for (const store::RevocationRecord& record : *records) {
    out.object();
    write_record(out, record);
    out.end();
  }
  out.end();
  if (records->size() == page->limit) out.member("next", std::string_view(records->back().id));
  out.end();
  responder.respond(json_answer(200, out));
}

enum class Shown : std::uint8_t { kRecord, kPropagation };
template <Shown What>
void show_revocation(Surface& surface, const Request& request, const PathParameters& parameters,
                     Responder responder) {
  const auto caller = caller_with(surface, request, Role::kRevoke);
  if (!caller) return responder.respond(caller.error());
  const auto record = surface.reads.revocations().record(parameters["id"]);
  if (!record) return responder.respond(problem_of(record.error()));
  if (!*record) {
    return responder.respond(problem_of({ErrorCode::kNotFound, "no such revocation"}));
  }
  json::Writer out;
  out.object();
  if constexpr (What == Shown::kRecord) {
    write_record(out, **record);
  } else {
    const BootTime now = surface.clock.now().boot;
    write_propagation(out, surface.followers.reach((*record)->position, now));
  }
  out.end();
  responder.respond(json_answer(200, out));
}

}  // namespace

void add_revocation_routes(net::Router& router, Surface& surface) {
  using net::Method;
  route(router, surface, Method::kPost, "/v1/revocations", revoke, kMaxOrdersBytes);
  route(router, surface, Method::kGet, "/v1/revocations", list_revocations);
  route(router, surface, Method::kGet, "/v1/revocations/{id}", show_revocation<Shown::kRecord>);
  route(router, surface, Method::kGet, "/v1/revocations/{id}/propagation",
        show_revocation<Shown::kPropagation>);
}

}  // namespace rescind::authority
