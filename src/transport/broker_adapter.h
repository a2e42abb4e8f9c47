#pragma once
// The ends of a broker's adapter, from what each broker brings of its own: the road, the origin and
// how a URL is read are the same for all of them.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "transport/broker.h"
#include "transport/broker_origin.h"
#include "transport/broker_road.h"
#include "transport/registry.h"

namespace rescind::transport {

// `Access` is where a feed lies there, by `Result<Access> Access::parse(const FeedAccess&)`.
template <typename Access>
struct BrokerParts {
  std::string name;  // in the log
  std::function<std::unique_ptr<BrokerReader>(const Access&, Log&)> reader;
  std::function<Result<std::unique_ptr<feed::Transport>>(const Access&, Log&)> transport;
  std::function<std::vector<std::string>(const Access&)> plan;
  // Of the place for signed requests, which Access::requests() names.
  std::function<std::unique_ptr<RequestTopic>(const Access&, Log&)> requests;
  std::function<std::vector<std::string>(const Access&)> plan_requests;
  // What its client library finds wrong with an access, before the first connection. Not set:
  // nothing.
  std::function<Result<void>(const Access&, Log&)> check = nullptr;
};

template <typename Access>
Adapter broker_adapter(const BrokerParts<Access>& parts) {
  const auto maker = [parts](const FeedAccess& from, Log& log) -> Result<MakeBrokerReader> {
    TRY_ASSIGN(const Access access, Access::parse(from));
    if (parts.check) TRY(parts.check(access, log));
    return [make = parts.reader, access, &log] { return make(access, log); };
  };
  Adapter adapter;
  adapter.road = [parts, maker](const FeedAccess& from,
                                const Surroundings& in) -> Result<std::unique_ptr<feed::Road>> {
    TRY_ASSIGN(auto make, maker(from, in.log));
    return std::make_unique<BrokerRoad>(parts.name, std::move(make), in.loop, in.random, in.log);
  };
  adapter.origin = [maker](const FeedAccess& from,
                           const Surroundings& in) -> Result<std::unique_ptr<feed::Origin>> {
    TRY_ASSIGN(auto make, maker(from, in.log));
    return std::make_unique<BrokerOrigin>(std::move(make), in.loop);
  };
  adapter.transport = [parts](const FeedAccess& from,
                              const Surroundings& in) -> Result<std::unique_ptr<feed::Transport>> {
    TRY_ASSIGN(const Access access, Access::parse(from));
    return parts.transport(access, in.log);
  };
  adapter.plan = [parts](const FeedAccess& from) -> Result<std::vector<std::string>> {
    TRY_ASSIGN(const Access access, Access::parse(from));
    return parts.plan(access);
  };
  adapter.requests = [parts](const FeedAccess& from,
                             const Surroundings& in) -> Result<std::unique_ptr<RequestTopic>> {
    TRY_ASSIGN(const Access access, Access::parse(from));
    return parts.requests(access.requests(), in.log);
  };
  adapter.plan_requests = [parts](const FeedAccess& from) -> Result<std::vector<std::string>> {
    TRY_ASSIGN(const Access access, Access::parse(from));
    return parts.plan_requests(access.requests());
  };
  return adapter;
}

}  // namespace rescind::transport
