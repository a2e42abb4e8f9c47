#include "net/client_exchange.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rescind::net {
namespace {

constexpr std::size_t kBuffer = 16 * 1024;

Response to_response(const ResponseHead& head) {
  Response response{.status = head.status};
  for (const Header& field : head.headers) {
    if (equal_ignoring_case(field.name, "content-type")) {
      if (response.content_type.empty()) response.content_type = field.value;
    } else {
      response.headers.emplace_back(field.name, field.value);
    }
  }
  return response;
}

}  // namespace

ClientExchange::ClientExchange(ClientCore& client, ExchangePlan plan, ExchangeCallbacks callbacks)
    : client_(client), plan_(std::move(plan)), callbacks_(std::move(callbacks)) {}

// Calls the owner back; false where it has cancelled us meanwhile. Its functions must not end while
// they run, so that is made up for here.
template <typename Call>
bool ClientExchange::call_out(Call call) {
  calling_out_ = true;
  call();
  calling_out_ = false;
  if (phase_ != Phase::kEnded) return true;
  callbacks_ = {};
  return false;
}

void ClientExchange::start() {
  started_ = SteadyClock::now();
  if (auto socket = client_.take(plan_.url.origin())) {
    reused_ = true;
    socket_ = std::move(socket);
    send_request();
  } else {
    open_connection();
  }
}

void ClientExchange::refuse(const Error& error) {
  if (phase_ != Phase::kEnded) finish(error);
}

void ClientExchange::open_connection() {
  phase_ = Phase::kConnecting;
  reused_ = false;
  watch(std::min(plan_.connect_timeout, plan_.timeout));
  connector_ = connect(client_.loop(), plan_.url.host, plan_.url.port, plan_.connect_timeout,
                       [this](Result<Connected> connected) { on_connected(std::move(connected)); });
}

void ClientExchange::retry() {
  if (!reading_ && !writing_) open_connection();
}

void ClientExchange::on_connected(Result<Connected> connected) {
  const auto self = shared_from_this();
  connector_.reset();
  if (!connected) return finish(std::move(connected).error());
  const int family = connected->family;
  if (!plan_.url.https) {
    socket_ = make_plain_socket(client_.loop(), family, connected->descriptor.release());
  } else {
    auto tls = client_.tls();
    if (!tls) return finish(std::move(tls).error());
    socket_ = make_tls_socket(client_.loop(), family, connected->descriptor.release(), *tls,
                              plan_.url.host);
  }
  socket_->handshake(self);
}

void ClientExchange::on_handshake(const std::string& problem) {
  if (phase_ != Phase::kConnecting) return;
  if (!problem.empty()) return on_failed(ErrorCode::kUnavailable, "TLS: " + problem);
  send_request();
}

void ClientExchange::send_request() {
  phase_ = Phase::kHead;
  used_ = 0;
  scanner_.reset();
  buffer_.resize(kBuffer);
  watch(started_ + plan_.timeout - SteadyClock::now());
  writing_ = true;
  socket_->write({plan_.head, plan_.body}, shared_from_this());
  read();  // an answer may come before all is sent
}

void ClientExchange::read() {
  if (used_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);  // the scanner's limit ends it
  reading_ = true;
  socket_->read(std::span(buffer_).subspan(used_), shared_from_this());
}

void ClientExchange::on_read(std::size_t bytes, const std::error_code& error) {
  reading_ = false;
  if (phase_ == Phase::kRetrying) return retry();
  if (phase_ == Phase::kEnded) return;
  if (error) return on_failed(ErrorCode::kUnavailable, error.message());
  if (bytes == 0) return on_peer_ended();
  last_byte_ = SteadyClock::now();
  if (phase_ == Phase::kHead) {
    used_ += bytes;
    take_head();
  } else {
    take_body(std::string_view(buffer_.data(), bytes));
  }
  if (socket_) read();
}

void ClientExchange::take_head() {
  const MessageLimits& limits = client_.options().limits;
  while (phase_ == Phase::kHead) {
    const std::string_view seen(buffer_.data(), used_);
    const auto status = scanner_.scan(seen, limits.head_bytes);
    if (status == HeadScanner::Status::kMore) return;
    ResponseHead head;
    if (status != HeadScanner::Status::kDone || scanner_.size() == 2 ||
        !parse_response_head(seen.substr(0, scanner_.size()), limits, plan_.method, head,
                             framing_)) {
      return on_failed(ErrorCode::kCorrupt, "the answer is no valid HTTP");
    }
    const bool upgraded = plan_.upgrade && head.status == 101;
    if (head.status < 200 && !upgraded) {
      if (++interim_ > kMaxInterimResponses || head.status == 101) {
        return on_failed(ErrorCode::kCorrupt, "an unexpected interim answer");
      }
      std::memmove(buffer_.data(), buffer_.data() + scanner_.size(), used_ - scanner_.size());
      used_ -= scanner_.size();
      scanner_.reset();
      continue;
    }
    begin_body(head);
  }
}

void ClientExchange::begin_body(const ResponseHead& head) {
  const bool upgraded = plan_.upgrade && head.status == 101;
  phase_ = upgraded ? Phase::kUpgraded : Phase::kBody;
  if (upgraded) framing_ = Framing{.kind = Framing::Kind::kUntilEnd};
  if (plan_.idle_timeout) watch(*plan_.idle_timeout);
  const std::string rest(buffer_.data() + scanner_.size(), used_ - scanner_.size());
  used_ = 0;
  if (!call_out([&] { callbacks_.on_head(to_response(head)); })) return;
  switch (decoder_.start(framing_, plan_.max_body)) {
    case BodyDecoder::Status::kDone:
      framing_.keep_alive = framing_.keep_alive && rest.empty();
      return finish(std::nullopt);
    case BodyDecoder::Status::kMore:
      if (!rest.empty()) take_body(rest);
      return;
    case BodyDecoder::Status::kTooLarge:
    case BodyDecoder::Status::kBad:
      return on_failed(ErrorCode::kTooLarge, "the answer is too long");
  }
}

void ClientExchange::take_body(std::string_view input) {
  const BodyDecoder::Status status = decoder_.feed(input, data_);
  if (!data_.empty()) {
    if (!call_out([&] { callbacks_.on_data(data_); })) return;
    data_.clear();
  }
  switch (status) {
    case BodyDecoder::Status::kMore:
      return;
    case BodyDecoder::Status::kDone:
      framing_.keep_alive = framing_.keep_alive && input.empty();
      return finish(std::nullopt);
    case BodyDecoder::Status::kBad:
      return on_failed(ErrorCode::kCorrupt, "the answer's chunks are damaged");
    case BodyDecoder::Status::kTooLarge:
      return on_failed(ErrorCode::kTooLarge, "the answer is too long");
  }
}

void ClientExchange::on_peer_ended() {
  const bool in_order = phase_ == Phase::kBody && decoder_.end() == BodyDecoder::Status::kDone;
  if (in_order || phase_ == Phase::kUpgraded) {
    framing_.keep_alive = false;
    return finish(std::nullopt);
  }
  on_failed(ErrorCode::kUnavailable, "the connection was closed in the middle of an answer");
}

void ClientExchange::on_written(const std::error_code& error) {
  writing_ = false;
  if (phase_ == Phase::kRetrying) return retry();
  if (phase_ == Phase::kEnded) return;
  // A peer that has answered early and closed: the answer is what counts.
  if (error && phase_ == Phase::kUpgraded) {
    return on_failed(ErrorCode::kUnavailable, error.message());
  }
  if (phase_ == Phase::kUpgraded && !pending_.empty()) write_pending();
}

bool ClientExchange::send(std::string bytes) {
  if (phase_ != Phase::kUpgraded) return false;
  if (pending_.size() + bytes.size() > kMaxStreamBytes) {
    client_.loop().post([self = shared_from_this()] {
      self->on_failed(ErrorCode::kExhausted, "the peer takes too little");
    });
    return false;
  }
  pending_.append(bytes);
  if (!writing_) write_pending();
  return true;
}

void ClientExchange::write_pending() {
  out_ = std::exchange(pending_, {});
  writing_ = true;
  socket_->write({out_, {}}, shared_from_this());
}

void ClientExchange::watch(std::chrono::nanoseconds time) {
  client_.loop().cancel(timer_);
  last_byte_ = SteadyClock::now();
  timer_ = client_.loop().after(time, [self = shared_from_this()] { self->on_late(); });
}

void ClientExchange::on_late() {
  if (phase_ == Phase::kEnded) return;
  const bool streaming =
      plan_.idle_timeout && (phase_ == Phase::kBody || phase_ == Phase::kUpgraded);
  if (streaming) {
    const auto left = last_byte_ + *plan_.idle_timeout - SteadyClock::now();
    if (left.count() > 0) {
      timer_ = client_.loop().after(left, [self = shared_from_this()] { self->on_late(); });
      return;
    }
  }
  finish(Error{ErrorCode::kTimeout, plan_.url.origin() + ": no answer in time"});
}

void ClientExchange::on_failed(ErrorCode code, const std::string& what) {
  if (phase_ == Phase::kEnded) return;
  const bool unanswered = phase_ == Phase::kHead && used_ == 0 && interim_ == 0;
  if (reused_ && unanswered && plan_.repeatable && code == ErrorCode::kUnavailable) {
    // The peer closed a kept connection just as it was used again: no fault of the request.
    release_connection(false);
    phase_ = Phase::kRetrying;
    return retry();
  }
  finish(Error{code, plan_.url.origin() + ": " + what});
}

void ClientExchange::release_connection(bool may_keep) {
  if (!socket_) return;
  if (may_keep && framing_.keep_alive && !writing_) {
    client_.keep(plan_.url.origin(), std::move(socket_));
  } else {
    socket_->close();
  }
  socket_.reset();
}

void ClientExchange::finish(std::optional<Error> error) {
  const auto self = shared_from_this();
  release_connection(phase_ == Phase::kBody && !error);
  phase_ = Phase::kEnded;
  client_.loop().cancel(timer_);
  if (connector_) std::exchange(connector_, nullptr)->cancel();
  client_.forget(self);
  ExchangeCallbacks callbacks = std::exchange(callbacks_, {});
  callbacks.on_end(std::move(error));
}

void ClientExchange::cancel() {
  if (phase_ == Phase::kEnded) return;
  const auto self = shared_from_this();
  release_connection(false);
  if (std::exchange(phase_, Phase::kEnded) == Phase::kNew) {
    callbacks_ = {};  // the client, who never knew of us, may be gone
    return;
  }
  client_.loop().cancel(timer_);
  if (connector_) std::exchange(connector_, nullptr)->cancel();
  client_.forget(self);
  if (!calling_out_) callbacks_ = {};
}

}  // namespace rescind::net
