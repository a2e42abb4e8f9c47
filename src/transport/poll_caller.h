#pragma once
// What everything needs that asks a feed server. For the .cc files of this folder. One thread, the
// loop's.

#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "transport/poll_access.h"

namespace rescind::transport {

struct FeedCaller {
  // `given` has been checked().
  FeedCaller(net::Loop& home, FeedAccess given, Random& chance, Log& events)
      : loop(home),
        access(std::move(given)),
        random(chance),
        log(events),
        client(home, net::ClientOptions{.tls = access.tls}) {}

  net::Loop& loop;
  const FeedAccess access;
  Random& random;
  Log& log;
  net::Client client;
};

}  // namespace rescind::transport
