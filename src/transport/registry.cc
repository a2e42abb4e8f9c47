#include "transport/registry.h"

#include <utility>

#include "base/check.h"
#include "transport/poll.h"
#include "transport/poll_origin.h"
#include "transport/sse.h"
#include "transport/sse_or_poll.h"
#include "transport/ws.h"

namespace rescind::transport {
namespace {

std::string_view scheme_of(std::string_view url) {
  const std::size_t end = url.find("://");
  return end == std::string_view::npos ? std::string_view() : url.substr(0, end);
}

Result<std::unique_ptr<feed::Road>> open_poll(const FeedAccess& access, const Surroundings& in) {
  TRY_ASSIGN(auto road, PollRoad::open(in.loop, access, in.random, in.log));
  return road;
}

Result<std::unique_ptr<feed::Road>> open_stream(const FeedAccess& access, const Surroundings& in) {
  TRY_ASSIGN(auto stream, SseRoad::open(in.loop, access, in.random, in.log));
  TRY_ASSIGN(auto poll, PollRoad::open(in.loop, access, in.random, in.log));
  return std::make_unique<SseOrPoll>(std::move(stream), std::move(poll));
}

Result<std::unique_ptr<feed::Road>> open_socket(const FeedAccess& access, const Surroundings& in) {
  TRY_ASSIGN(auto road, WsRoad::open(in.loop, access, in.random, in.log));
  return road;
}

Result<std::unique_ptr<feed::Origin>> open_origin(const FeedAccess& access,
                                                  const Surroundings& in) {
  TRY_ASSIGN(auto origin, PollOrigin::open(in.loop, access, in.random, in.log));
  return origin;
}

std::unexpected<Error> has_no(std::string_view end, std::string_view url) {
  return fail(ErrorCode::kInvalid,
              "a " + std::string(scheme_of(url)) + ":// URL has no " + std::string(end));
}

}  // namespace

void Registry::add(std::string scheme, Adapter adapter) {
  const bool is_new = adapters_.emplace(std::move(scheme), std::move(adapter)).second;
  CHECK(is_new);
}

std::string Registry::schemes() const {
  std::string all;
  for (const auto& [scheme, adapter] : adapters_) {
    if (!all.empty()) all += ", ";
    all += scheme;
  }
  return all;
}

Result<const Adapter*> Registry::find(std::string_view url) const {
  const std::string_view scheme = scheme_of(url);
  if (const auto place = adapters_.find(scheme); place != adapters_.end()) return &place->second;
  return fail(ErrorCode::kInvalid, "a feed's URL begins with one of: " + schemes() +
                                       " (others are not linked into this program)");
}

Result<std::unique_ptr<feed::Road>> Registry::road(const FeedAccess& access,
                                                   const Surroundings& surroundings) const {
  TRY_ASSIGN(const Adapter* adapter, find(access.url));
  if (!adapter->road) return has_no("receiving end", access.url);
  return adapter->road(access, surroundings);
}

Result<std::unique_ptr<feed::Origin>> Registry::origin(const FeedAccess& access,
                                                       const Surroundings& surroundings) const {
  TRY_ASSIGN(const Adapter* adapter, find(access.url));
  if (!adapter->origin) return has_no("origin; name the authority's or an agent's URL", access.url);
  return adapter->origin(access, surroundings);
}

Result<std::unique_ptr<feed::Transport>> Registry::transport(
    const FeedAccess& access, const Surroundings& surroundings) const {
  TRY_ASSIGN(const Adapter* adapter, find(access.url));
  if (!adapter->transport) {
    return has_no("sending end to connect to: the authority serves it by itself", access.url);
  }
  return adapter->transport(access, surroundings);
}

Result<std::vector<std::string>> Registry::plan(const FeedAccess& access) const {
  TRY_ASSIGN(const Adapter* adapter, find(access.url));
  return adapter->plan ? adapter->plan(access) : std::vector<std::string>();
}

Result<std::unique_ptr<RequestTopic>> Registry::requests(const FeedAccess& access,
                                                         const Surroundings& surroundings) const {
  TRY_ASSIGN(const Adapter* adapter, find(access.url));
  if (!adapter->requests) return has_no("request topic", access.url);
  return adapter->requests(access, surroundings);
}

Result<std::vector<std::string>> Registry::plan_requests(const FeedAccess& access) const {
  TRY_ASSIGN(const Adapter* adapter, find(access.url));
  if (!adapter->plan_requests) return has_no("request topic", access.url);
  return adapter->plan_requests(access);
}

void add_http_adapters(Registry& registry) {
  const Adapter streams{.road = open_stream, .origin = open_origin, .transport = {}, .plan = {}};
  const Adapter polls{.road = open_poll, .origin = open_origin, .transport = {}, .plan = {}};
  const Adapter sockets{.road = open_socket, .origin = open_origin, .transport = {}, .plan = {}};
  registry.add("https", streams);
  registry.add("http", streams);
  registry.add("poll+https", polls);
  registry.add("poll+http", polls);
  registry.add("wss", sockets);
  registry.add("ws", sockets);
}

}  // namespace rescind::transport
