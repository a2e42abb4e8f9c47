#pragma once
// The streams of server-sent events that a feed server has open. Each begins with what its follower
// lacks, a chunk at a time and no sooner than the last chunk has left, and then receives what is
// published as it comes: one shared string for all streams. A stream that cannot be sent more is
// cut off; its follower comes back and resumes behind the last id that it has seen.
//
//   id: 1763800000000.42          a batch
//   data: <jws>
//
//   data: <jws>                   a heartbeat: no link of the chain, so no id
//
// One thread, that of the loop. What the streams wait for may outlive this.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/loop.h"
#include "net/responder.h"
#include "transport/feed_server_tail.h"

namespace rescind::transport {

class SseStreams : public std::enable_shared_from_this<SseStreams> {
 public:
  using Heartbeat = std::function<std::optional<std::string>()>;

  // `heartbeat` gives the newest one, for a stream that has caught up.
  SseStreams(net::Loop& loop, FeedTail& tail, Heartbeat heartbeat)
      : loop_(loop), tail_(tail), heartbeat_(std::move(heartbeat)) {}

  // Answers with the stream; without `after` it begins with what is published next. A position that
  // is gone (410) or of another history (409) is refused before the stream begins.
  void open(std::optional<Position> after, net::Responder responder);

  // A batch that the tail has. It is sent by the next flush(), with others of the same turn.
  void published(const Link& link);
  void flush();
  void send_heartbeat(std::string_view jws);
  // Ends all streams after what is queued.
  void close_all();

  std::size_t size() const { return streams_.size(); }
  // Those that ended while there was something to send, mostly because their peer was too slow.
  std::uint64_t cut_off() const { return cut_off_; }

 private:
  struct Open {
    std::shared_ptr<net::Stream> stream;
    Position cursor;  // the last position sent
    bool live = false;
  };
  using Streams = std::unordered_map<std::uint64_t, Open>;

  void advance(std::uint64_t id);
  bool send_chunk(std::uint64_t id, Open& open, const std::vector<Link>& chunk);
  bool go_live(Open& open);
  void drop(Streams::iterator place);

  net::Loop& loop_;
  FeedTail& tail_;
  Heartbeat heartbeat_;
  Streams streams_;
  std::vector<Link> pending_;  // consecutive, published and not yet sent to who is live
  std::size_t pending_bytes_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t cut_off_ = 0;
};

}  // namespace rescind::transport
