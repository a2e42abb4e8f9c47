#pragma once
// The one table of URL scheme → adapter. Each program's root fills it with the adapters that it
// links; what it does not link is an error that names what there is. One thread; used at the start
// and at a reload.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "feed/ports.h"
#include "net/loop.h"
#include "transport/poll_access.h"
#include "transport/request_topic.h"

namespace rescind::transport {

// What every adapter is given; all of it outlives what the adapter makes.
struct Surroundings {
  net::Loop& loop;
  Random& random;
  Log& log;
};

// The ends that a scheme has. A broker has a sending end and a receiving one; over HTTP the sending
// end is the FeedServer, which listens rather than connects. Not set: there is no such end.
struct Adapter {
  template <typename End>
  using Open = std::function<Result<std::unique_ptr<End>>(const FeedAccess&, const Surroundings&)>;
  Open<feed::Road> road;
  Open<feed::Origin> origin;
  Open<feed::Transport> transport;
  // What to create and set at the broker beforehand, as commands for its own tools. Not set:
  // nothing. Asks nobody.
  std::function<Result<std::vector<std::string>>(const FeedAccess&)> plan;
  // Where services put signed requests to revoke, beside the feed. Not set: there is no such place.
  Open<RequestTopic> requests = nullptr;
  // What to create and set for that one.
  std::function<Result<std::vector<std::string>>(const FeedAccess&)> plan_requests = nullptr;
};

class Registry {
 public:
  // A scheme is added once: twice is a programmer's error.
  void add(std::string scheme, Adapter adapter);

  // By the scheme of access.url. kInvalid: no such scheme is linked, it has no such end, or the
  // adapter refuses what it is given.
  Result<std::unique_ptr<feed::Road>> road(const FeedAccess& access,
                                           const Surroundings& surroundings) const;
  Result<std::unique_ptr<feed::Origin>> origin(const FeedAccess& access,
                                               const Surroundings& surroundings) const;
  Result<std::unique_ptr<feed::Transport>> transport(const FeedAccess& access,
                                                     const Surroundings& surroundings) const;
  Result<std::vector<std::string>> plan(const FeedAccess& access) const;
  bool knows(std::string_view scheme) const { return adapters_.contains(scheme); }
  Result<std::unique_ptr<RequestTopic>> requests(const FeedAccess& access,
                                                 const Surroundings& surroundings) const;
  Result<std::vector<std::string>> plan_requests(const FeedAccess& access) const;
  // "http, https, poll+http, poll+https, ws, wss"
  std::string schemes() const;

 private:
  Result<const Adapter*> find(std::string_view url) const;
  std::map<std::string, Adapter, std::less<>> adapters_;
};

// https and http: server-sent events with long polls as fallback; poll+https and poll+http: long
// polls alone; wss and ws: a WebSocket alone. The origin of each is the same server.
void add_http_adapters(Registry& registry);

}  // namespace rescind::transport
