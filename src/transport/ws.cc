#include "transport/ws.h"

#include <utility>

#include "base/json.h"
#include "net/websocket.h"
#include "net/websocket_handshake.h"
#include "transport/limits.h"
#include "transport/poll_caller.h"
#include "transport/poll_messages.h"

namespace rescind::transport {
namespace {

constexpr json::Limits kAnswerLimits{.bytes = 16 * 1024, .depth = 4, .members = 32};

// What the server says to a receipt: {"status":204}, or problem details.
Result<void> outcome_of(std::string_view answer) {
  json::Reader reader;
  const Result<json::Value> root = reader.parse(answer, kAnswerLimits);
  const auto status = root && root->is_object() ? root->find("status") : std::nullopt;
  const auto number = status ? status->integer() : std::nullopt;
  if (!number || *number < 100 || *number > 599) {
    return fail(ErrorCode::kCorrupt, "the answer to a receipt is not of its form");
  }
  if (*number / 100 == 2) return {};
  net::Response response;
  response.status = static_cast<int>(*number);
  return std::unexpected(error_of(response));
}

}  // namespace

// One socket after the other, and the receipt under way on it.
class WsReader final : public StreamReader, public std::enable_shared_from_this<WsReader> {
 public:
  WsReader(FeedCaller& caller, std::shared_ptr<std::weak_ptr<WsReader>> newest)
      : loop_(caller.loop),
        random_(caller.random),
        timeout_(caller.access.receipt_timeout),
        newest_(std::move(newest)) {}

  net::StreamRequest request(const FeedAccess& access,
                             std::optional<feed::Position> after) override;
  Result<void> check(const net::Response& head) override;
  void opened(const Send& send) override;
  Result<void> read(std::string_view bytes, const OnWord& on_word) override;
  void ended() override;

  bool report(const feed::Report& report, const feed::Origin::Then<void>& then);

 private:
  void on_text(std::string_view text, const OnWord& on_word);
  void on_ping(std::string_view payload);
  void send_close(net::CloseCode code);
  void answered(Result<void> outcome);
  net::Mask mask();

  net::Loop& loop_;
  Random& random_;
  const Milliseconds timeout_;
  const std::shared_ptr<std::weak_ptr<WsReader>> newest_;
  std::string key_;
  std::optional<net::WebSocketDecoder> decoder_;
  Send send_;                      // while a socket is open
  bool owed_ = false;              // an answer is still to come up this socket, if only too late
  feed::Origin::Then<void> then_;  // while a receipt waits for its answer
  net::Loop::TimerId timer_{};
};

net::StreamRequest WsReader::request(const FeedAccess& access,
                                     std::optional<feed::Position> after) {
  decoder_.emplace(net::WebSocketDecoder::End::kClient);
  key_ = net::websocket_key(random_);
  net::StreamRequest request;
  request.url = access.url;
  if (after) request.url += "?after=" + revocation::to_string(*after);
  request.headers = headers_for(access, "application/problem+json");
  for (auto& field : net::websocket_headers(key_)) request.headers.push_back(std::move(field));
  request.upgrade = true;
  return request;
}

Result<void> WsReader::check(const net::Response& head) {
  if (head.status >= 400) return std::unexpected(error_of(head));
  return net::check_websocket(head, key_);
}

void WsReader::opened(const Send& send) {
  send_ = send;
  *newest_ = weak_from_this();
}

void WsReader::ended() {
  send_ = nullptr;
  owed_ = false;
  answered(fail(ErrorCode::kUnavailable, "the socket ended before the receipt was answered"));
}

Result<void> WsReader::read(std::string_view bytes, const OnWord& on_word) {
  std::optional<Error> closed;
  const auto fault = decoder_->feed(bytes, [&](const net::WebSocketMessage& message) {
    switch (message.kind) {
      case net::WebSocketMessage::Kind::kText:
        return on_text(message.payload, on_word);
      case net::WebSocketMessage::Kind::kPing:
        return on_ping(message.payload);
      case net::WebSocketMessage::Kind::kPong:
        return;
      case net::WebSocketMessage::Kind::kClose:
        closed = Error{ErrorCode::kUnavailable, "the server closes with " +
                                                    std::to_string(message.code.value_or(1005)) +
                                                    " " + std::string(message.payload)};
        return send_close(net::CloseCode::kNormal);
    }
  });
  if (closed) return std::unexpected(*std::move(closed));
  if (!fault) return {};
  send_close(*fault);
  if (*fault == net::CloseCode::kTooBig) return fail(ErrorCode::kTooLarge, "a word is too long");
  return fail(ErrorCode::kCorrupt, "the server's frames are damaged (" +
                                       std::to_string(static_cast<unsigned>(*fault)) + ")");
}

// A JWS begins with base64url, an answer with a brace.
void WsReader::on_text(std::string_view text, const OnWord& on_word) {
  if (!text.starts_with('{')) return on_word(text);
  owed_ = false;
  answered(outcome_of(text));
}

void WsReader::on_ping(std::string_view payload) {
  std::string frame;
  net::append_pong(frame, payload, mask());
  if (send_) send_(std::move(frame));
}

void WsReader::send_close(net::CloseCode code) {
  std::string frame;
  net::append_close(frame, code, {}, mask());
  if (send_) send_(std::move(frame));
}

net::Mask WsReader::mask() {
  net::MaskKey key;
  random_.fill(key);
  return key;
}

bool WsReader::report(const feed::Report& report, const feed::Origin::Then<void>& then) {
  if (!send_ || owed_) return false;
  const std::string text = encode_report(report);
  if (text.size() > kMaxSocketReportBytes) return false;
  std::string frame;
  net::append_text(frame, text, mask());
  if (!send_(std::move(frame))) return false;
  owed_ = true;
  then_ = then;
  timer_ = loop_.after(timeout_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self) self->answered(fail(ErrorCode::kTimeout, "no answer to a receipt in time"));
  });
  return true;
}

void WsReader::answered(Result<void> outcome) {
  if (!then_) return;
  loop_.cancel(timer_);
  std::exchange(then_, nullptr)(std::move(outcome));
}

Result<std::unique_ptr<WsRoad>> WsRoad::open(net::Loop& loop, FeedAccess access, Random& random,
                                             Log& log) {
  TRY_ASSIGN(FeedAccess good, checked(std::move(access)));
  auto caller = std::make_shared<FeedCaller>(loop, std::move(good), random, log);
  return std::unique_ptr<WsRoad>(new WsRoad(std::move(caller), std::make_shared<WsRoad::Newest>()));
}

WsRoad::WsRoad(std::shared_ptr<FeedCaller> caller, std::shared_ptr<Newest> newest)
    : StreamRoad(caller, [caller, newest] { return std::make_shared<WsReader>(*caller, newest); }),
      newest_(std::move(newest)) {}

bool WsRoad::report(const feed::Report& report, const feed::Origin::Then<void>& then) {
  const auto reader = newest_->lock();
  return reader && reader->report(report, then);
}

}  // namespace rescind::transport
