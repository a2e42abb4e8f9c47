#pragma once
// The feed over WebSocket as a feed server speaks it: each word is a text message, a JWS as it is,
// and behind each heartbeat goes a ping. Upwards come receipts (text, JSON as POST
// /v1/feed/receipts takes it), each answered by a text message: {"status":204}, or the problem
// details that a POST would have been answered with.
//
// A peer that breaks the protocol is told so by the code of the close: 1002, 1003 binary, 1007 no
// UTF-8, 1009 longer than a receipt can be. One that sends more receipts than it may gets 429s, and
// one that lets pings go unanswered is cut off.

#include <functional>
#include <string>
#include <string_view>

#include "net/loop.h"
#include "transport/feed_streams.h"

namespace rescind::transport {

class WsForm final : public StreamForm {
 public:
  using Answer = std::function<void(const net::Response&)>;
  // Takes a receipt as it came, on `loop`; the answer may come from any thread.
  using Receive = std::function<void(std::string_view receipt, Answer answer)>;

  // The loop outlives the streams' connections.
  WsForm(net::Loop& loop, Receive receive) : loop_(loop), receive_(std::move(receive)) {}

  // The request has passed net::answer_websocket().
  Opened open(net::Responder responder) override;
  std::string greeting() const override;
  void append(std::string& out, const Link& link) const override;
  void append_heartbeat(std::string& out, std::string_view jws) const override;
  std::string farewell() const override;

 private:
  net::Loop& loop_;
  const Receive receive_;
};

}  // namespace rescind::transport
