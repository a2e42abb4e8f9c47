#include "transport/ws_server.h"

#include <memory>
#include <utility>

#include "base/mutex.h"
#include "net/websocket.h"
#include "net/websocket_handshake.h"
#include "transport/feed_server_problem.h"
#include "transport/limits.h"

namespace rescind::transport {
namespace {

using net::CloseCode;

void send(net::Stream& stream, std::string frame) {
  stream.send(std::make_shared<const std::string>(std::move(frame)));
}

void send_answer(net::Stream& stream, const net::Response& answer) {
  std::string frame;
  net::append_text(frame, answer.body.empty() ? R"({"status":204})" : answer.body);
  send(stream, std::move(frame));
}

std::string_view reason_of(CloseCode code) {
  switch (code) {
    case CloseCode::kUnsupported:
      return "receipts are text";
    case CloseCode::kBadText:
      return "a text is UTF-8";
    case CloseCode::kTooBig:
      return "longer than a receipt can be";
    default:
      return "a frame that RFC 6455 does not allow";
  }
}

// What comes up one WebSocket. take() on the connection's loop, the rest on the feed's.
class Peer : public std::enable_shared_from_this<Peer> {
 public:
  Peer(net::Loop& loop, const WsForm::Receive& receive) : loop_(loop), receive_(receive) {}

  // Once, before the loop's next turn.
  void answer_by(std::weak_ptr<net::Stream> stream) { stream_ = std::move(stream); }
  void take(net::Stream& stream, std::string_view bytes);
  // Between two heartbeats something has come, or nothing for a few of them only.
  bool lives();

 private:
  void on_message(net::Stream& stream, const net::WebSocketMessage& message);
  bool may_send_receipt();
  void receive(std::string_view receipt) const;

  net::Loop& loop_;
  const WsForm::Receive receive_;
  net::WebSocketDecoder decoder_{net::WebSocketDecoder::End::kServer, kMaxSocketReportBytes};
  std::weak_ptr<net::Stream> stream_;

  Mutex mutex_;
  std::size_t receipts_left_ GUARDED_BY(mutex_) = kMaxReceiptsPerHeartbeat;
  std::size_t silent_heartbeats_ GUARDED_BY(mutex_) = 0;
};

void Peer::take(net::Stream& stream, std::string_view bytes) {
  {
    MutexLock lock(mutex_);
    silent_heartbeats_ = 0;
  }
  const auto fault = decoder_.feed(
      bytes, [&](const net::WebSocketMessage& message) { on_message(stream, message); });
  if (!fault) return;
  std::string frame;
  net::append_close(frame, *fault, reason_of(*fault));
  send(stream, std::move(frame));
  stream.close();
}

void Peer::on_message(net::Stream& stream, const net::WebSocketMessage& message) {
  using Kind = net::WebSocketMessage::Kind;
  std::string frame;
  switch (message.kind) {
    case Kind::kText:
      if (!may_send_receipt()) {
        return send_answer(stream, problem(429, "too many receipts between two heartbeats"));
      }
      return loop_.post([weak = weak_from_this(), receipt = std::string(message.payload)] {
        if (const auto self = weak.lock()) self->receive(receipt);
      });
    case Kind::kPing:
      net::append_pong(frame, message.payload);
      return send(stream, std::move(frame));
    case Kind::kPong:
      return;
    case Kind::kClose:
      net::append_close(frame, CloseCode::kNormal);
      send(stream, std::move(frame));
      return stream.close();
  }
}

bool Peer::may_send_receipt() {
  MutexLock lock(mutex_);
  if (receipts_left_ == 0) return false;
  --receipts_left_;
  return true;
}

void Peer::receive(std::string_view receipt) const {
  receive_(receipt, [stream = stream_](const net::Response& answer) {
    if (const auto open = stream.lock()) send_answer(*open, answer);
  });
}

bool Peer::lives() {
  MutexLock lock(mutex_);
  receipts_left_ = kMaxReceiptsPerHeartbeat;
  return silent_heartbeats_++ < kMaxSilentHeartbeats;
}

}  // namespace

StreamForm::Opened WsForm::open(net::Responder responder) {
  auto peer = std::make_shared<Peer>(loop_, receive_);
  net::Response head = net::answer_websocket(responder.request());
  auto stream = responder.upgrade(
      std::move(head),
      [peer](net::Stream& lent, std::string_view bytes) { peer->take(lent, bytes); });
  peer->answer_by(stream);
  return {.stream = std::move(stream), .lives = [peer] { return peer->lives(); }};
}

std::string WsForm::greeting() const {
  std::string frame;
  net::append_ping(frame);
  return frame;
}

void WsForm::append(std::string& out, const Link& link) const { net::append_text(out, link.jws()); }

void WsForm::append_heartbeat(std::string& out, std::string_view jws) const {
  net::append_text(out, jws);
  net::append_ping(out);
}

std::string WsForm::farewell() const {
  std::string frame;
  net::append_close(frame, CloseCode::kGoingAway, "come back soon");
  return frame;
}

}  // namespace rescind::transport
