#pragma once
// The sending end of the embedded transports: a log of batches served over HTTP, as server-sent
// events, WebSockets and long polls, with what followers need besides (snapshots, the feed's keys,
// receipts). The authority serves its store so, an agent what it follows. It is the
// `feed::Transport` that a Publisher publishes to; what has been published lately is served from
// memory.
//
//   GET  /v1/feed                    server-sent events from Last-Event-ID or ?after=term.number
//   on;
//                                    with `Upgrade: websocket` a WebSocket (ws_server.h)
//   GET  /v1/feed?after=…&wait=25s   long poll (poll_messages.h); so is Accept: application/json
//   GET  /v1/feed/snapshot           the manifest, a JWS (application/jose)
//   GET  /v1/feed/segments/{sha256}  hex; immutable
//   GET  /v1/feed/keys               a JWKS
//   POST /v1/feed/receipts           204
//   POST /v1/feed/lost               batches that the authority has lost, as a long poll's answer
//                                    has them: 202 more of them are needed, 204 no more
//
// Refusals are problem details: 400 a position that is none, 410 one that is gone (take the
// snapshot), 409 one of another history, 503 the log cannot be read now.
//
// Everything here, the log included, is used on one loop: the one of the HTTP server, or better one
// of its own, since a read of the log blocks for up to a chunk; the Publisher is stepped on the
// same loop. The handler may be called on any loop of any server. The loop outlives this and the
// servers.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "feed/ports.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "transport/feed_server_snapshots.h"

namespace rescind::transport {

class FeedServer final : public feed::Transport {
 public:
  using Done = std::function<void(Result<void>)>;
  struct Options {
    // Signs a heartbeat now (the authority). Where it is not set, the last one that was published
    // is given out (an agent, which holds no key).
    std::function<Result<std::string>()> heartbeat;
    std::function<std::string()> keys;  // the JWKS; not set: 404
    std::function<void(feed::Report, Done)>
        receive;  // a receipt, and then the answer; not set: 404
    // Batches of a lost history, and then whether more are needed; not set: 404.
    std::function<void(std::vector<std::string>, std::function<void(Result<bool>)>)> take_back;
    // Where snapshots are made: a second view of the same log, used on that loop alone, which
    // outlive what is under way there. Not set: the log and loop of everything else, which then
    // stand still for as long as one takes.
    feed::BatchLog* snapshot_log = nullptr;
    net::Loop* snapshot_loop = nullptr;
    // Or who is asked for one instead of a log (an agent: its upstream).
    FeedSnapshots::Ask ask_snapshot;
    Milliseconds snapshot_fresh_for{10'000};
  };
  struct Counters {
    std::size_t streams = 0;  // of server-sent events, open now
    std::size_t sockets = 0;  // the same
    std::size_t polls = 0;    // waiting now
    std::uint64_t cut_off = 0;
    std::uint64_t log_reads = 0;
  };

  FeedServer(net::Loop& loop, feed::BatchLog& log, Options options);
  // On the loop, or while nobody runs it.
  ~FeedServer() override;

  // For all paths of the table; whoever routes to it has seen to who may ask. Any thread.
  net::Handler handler() const;

  // On the loop.
  Result<void> publish(const feed::Sealed& batch) override;
  Result<void> publish_heartbeat(std::string_view jws) override;
  // The last heartbeat is not to be given to who comes from now on: it has grown old.
  void forget_heartbeat();
  // The log has leapt (an agent that took a snapshot): what it says holds, not what was published.
  void forget_batches();
  // The log does not reach back to the snapshot that is given out.
  void renew_snapshot();
  // Answers all polls and ends all streams, as before the end of the process. On the loop.
  void close();
  Counters counters() const;

 private:
  struct Body;
  std::shared_ptr<Body> body_;
};

}  // namespace rescind::transport
