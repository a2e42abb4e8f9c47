#pragma once
// The streams of one kind that a feed server has open (server-sent events, WebSockets). Each begins
// with what its follower lacks, a chunk at a time and no sooner than the last chunk has left, and
// then receives what is published as it comes: one shared string for all streams. A stream that
// cannot be sent more is cut off; its follower comes back and resumes behind the last word that it
// has seen.
//
// One thread, that of the loop. What the streams wait for may outlive this.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/loop.h"
#include "net/responder.h"
#include "transport/feed_server_tail.h"

namespace rescind::transport {

// What is different between kinds of streams: how one is opened, and how words become bytes on it.
class StreamForm {
 public:
  struct Opened {
    std::shared_ptr<net::Stream> stream;
    // Asked at each heartbeat: false where the peer has shown no sign of life for too long. Not
    // set: peers of this kind have nothing to say.
    std::function<bool()> lives = {};
  };

  virtual ~StreamForm() = default;
  // Answers the request, which is a good one, with the head of a stream.
  virtual Opened open(net::Responder responder) = 0;
  // Says at once that the stream is open.
  virtual std::string greeting() const = 0;
  virtual void append(std::string& out, const Link& link) const = 0;
  virtual void append_heartbeat(std::string& out, std::string_view jws) const = 0;
  // Goes before the end that the server makes of a stream. May be empty.
  virtual std::string farewell() const = 0;
};

class FeedStreams : public std::enable_shared_from_this<FeedStreams> {
 public:
  using Heartbeat = std::function<std::optional<std::string>()>;

  // `heartbeat` gives the newest one, for a stream that has caught up.
  FeedStreams(net::Loop& loop, FeedTail& tail, std::unique_ptr<StreamForm> form,
              Heartbeat heartbeat)
      : loop_(loop), tail_(tail), form_(std::move(form)), heartbeat_(std::move(heartbeat)) {}

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
    std::function<bool()> lives;
    Position cursor;  // the last position sent
    bool live = false;
  };
  using Streams = std::unordered_map<std::uint64_t, Open>;

  void advance(std::uint64_t id);
  bool send_chunk(std::uint64_t id, Open& open, const std::vector<Link>& chunk);
  bool go_live(Open& open);
  void end(Open& open);
  void drop(Streams::iterator place);

  net::Loop& loop_;
  FeedTail& tail_;
  const std::unique_ptr<StreamForm> form_;
  Heartbeat heartbeat_;
  Streams streams_;
  std::vector<Link> pending_;  // consecutive, published and not yet sent to who is live
  std::size_t pending_bytes_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t cut_off_ = 0;
};

}  // namespace rescind::transport
