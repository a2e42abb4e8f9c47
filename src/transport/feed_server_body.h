#pragma once
// What is behind a FeedServer. For feed_server*.cc alone.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transport/feed_server.h"
#include "transport/feed_server_tail.h"
#include "transport/feed_streams.h"
#include "transport/poll_server.h"

namespace rescind::transport {

struct FeedServer::Body : std::enable_shared_from_this<FeedServer::Body> {
  Body(net::Loop& home, feed::BatchLog& log, Options given);

  // Streams and polls need a shared owner: two steps.
  void start(feed::BatchLog& log);

  // feed_server_routes.cc
  void handle(net::Responder responder);
  void feed(net::Responder responder);
  void snapshot(net::Responder responder);
  void segment(net::Responder responder, std::string_view name);
  void feed_keys(net::Responder responder);
  void receipt(net::Responder responder);
  void take_receipt(std::string_view receipt, std::function<void(net::Response)> answer);
  void lost(net::Responder responder);

  void publish(const feed::Sealed& batch);
  void flush();
  std::optional<std::string> heartbeat();

  net::Loop& loop;
  Options options;
  FeedTail tail;
  std::shared_ptr<FeedStreams> streams;  // server-sent events
  std::shared_ptr<FeedStreams> sockets;
  std::shared_ptr<Polls> polls;
  std::shared_ptr<FeedSnapshots> snapshots;
  std::optional<std::string> last_heartbeat;
  bool heartbeat_is_new = false;   // less than kHeartbeatFreshFor old, and nothing published since
  bool heartbeat_is_last = false;  // nothing published since
  bool flush_due = false;
};

}  // namespace rescind::transport
