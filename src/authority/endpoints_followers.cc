// GET /v1/followers: who follows, how far, and how long news take to get there.

#include "authority/answers.h"
#include "authority/caller.h"

namespace rescind::authority {
namespace {

using net::PathParameters;
using net::Request;
using net::Responder;

void write_follower(json::Writer& out, std::string_view name, const Followers::Follower& follower,
                    const Followers& followers, Position head, BootTime now) {
  const auto since = [now](BootTime then) {
    return std::chrono::duration_cast<Milliseconds>(now - then).count();
  };
  const std::uint64_t behind = head.number - std::min(head.number, follower.position.number);
  out.object().member("name", name);
  out.member("state", Followers::describe(follower, head, now));
  out.member("position", std::string_view(revocation::to_string(follower.position)));
  out.member("behind", follower.position < head);
  out.member("behind_batches", behind);
  const auto behind_since = followers.behind_since(follower);
  if (behind > 0 && behind_since) out.member("behind_ms", since(*behind_since));
  out.member("policy", std::string_view(follower.policy));
  const FollowerPolicy policy = parse_policy(follower.policy);
  out.member("when_stale", to_string(policy.when_stale));
  out.member("max_staleness_ms", policy.max_staleness.count());
  if (!follower.road.empty()) out.member("road", std::string_view(follower.road));
  if (!follower.measured.empty()) {
    out.member("last_delay_ms", in_milliseconds(follower.measured.back().delay));
  }
  out.member("seen", std::string_view(rfc3339(follower.seen_at)));
  out.member("silent_ms", since(follower.seen));
  out.end();
}

void list_followers(Surface& surface, const Request& request, const PathParameters&,
                    Responder responder) {
  const auto caller = caller_with(surface, request, Role::kFollow);
  if (!caller) return responder.respond(caller.error());
  const auto head = surface.reads.log().head();
  if (!head) return responder.respond(problem_of(head.error()));
  const BootTime now = surface.clock.now().boot;
  const Counters& counters = surface.core.counters;
  json::Writer out;
  out.object();
  out.member("head", std::string_view(revocation::to_string(head->position)));
  out.member("revocations", counters.revocations.value() + counters.sign_outs.value() +
                                counters.password_changes.value());
  const RecentDelays::Summary delays = surface.followers.recent_delays(now);
  out.name("propagation").object();
  out.member("measured", static_cast<std::uint64_t>(delays.count));
  if (delays.count > 0) {
    out.member("p50_ms", in_milliseconds(delays.p50)).member("p99_ms", in_milliseconds(delays.p99));
  }
  out.end();
  out.name("followers").array();
  for (const auto& [name, follower] : surface.followers.all()) {
    write_follower(out, name, follower, surface.followers, head->position, now);
  }
  out.end().end();
  responder.respond(json_answer(200, out));
}

}  // namespace

void add_follower_routes(net::Router& router, Surface& surface) {
  route(router, surface, net::Method::kGet, "/v1/followers", list_followers);
}

}  // namespace rescind::authority
