#pragma once
// The long polls that a feed server has not yet answered. One that finds batches is answered at
// once; any other with the next that are published, or when it has waited long enough, with a
// heartbeat. Those who wait at the same position share one body. One thread, that of the loop. A
// poll whose peer has gone is found out when it is answered.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "net/loop.h"
#include "net/responder.h"
#include "transport/feed_server_tail.h"

namespace rescind::transport {

class Polls : public std::enable_shared_from_this<Polls> {
 public:
  using Heartbeat = std::function<std::optional<std::string>()>;

  // `fresh` gives a heartbeat of now, for an answer without batches; `known` the one that was sent
  // after the newest batch, if any, for an answer that ends with that batch.
  Polls(net::Loop& loop, FeedTail& tail, Heartbeat fresh, Heartbeat known)
      : loop_(loop), tail_(tail), fresh_(std::move(fresh)), known_(std::move(known)) {}

  // Without `after` the answer is the heartbeat alone, at once. 410: `after` is gone; 409: it is of
  // another history.
  void open(std::optional<Position> after, Milliseconds wait, net::Responder responder);
  // Answers whoever waits for what the tail has now.
  void flush();
  // Answers all as if they had waited long enough.
  void close_all();

  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    net::Responder responder;
    Position after;
    net::Loop::TimerId timer;
  };
  using Body = std::shared_ptr<const std::string>;

  Body body_of(const std::vector<Link>& links) const;
  void answer_empty(net::Responder responder);
  void end_of_wait(std::uint64_t id);

  net::Loop& loop_;
  FeedTail& tail_;
  Heartbeat fresh_;
  Heartbeat known_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::uint64_t last_id_ = 0;
};

}  // namespace rescind::transport
