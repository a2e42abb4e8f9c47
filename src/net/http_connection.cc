#include "net/http_connection.h"

#include <utility>

#include "base/check.h"
#include "net/response_writer.h"

namespace rescind::net {
namespace {

constexpr std::size_t kUpgradeBuffer = 4 * 1024;
constexpr std::size_t kSpareBuffer = 512;
constexpr std::size_t kMaxLingerBytes = 1024 * 1024;
// Bodies up to here travel in one buffer with their head; longer ones are not copied.
constexpr std::size_t kMaxJoinedBody = 16 * 1024;
// What a slow peer has to take within the write deadline.
constexpr std::size_t kSlice = 256 * 1024;

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<ServerShard> shard, std::unique_ptr<Socket> socket,
                               std::string peer)
    : shard_(std::move(shard)),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      reader_(shard_->settings().options.limits, shard_->settings().options.body_limit,
              *shard_->settings().large_bodies) {
  reader_.request().peer = peer_;
  reader_.request().over_tls = shard_->settings().options.tls != nullptr;
}

void HttpConnection::set_deadline(std::chrono::milliseconds from_now) {
  deadline_ = std::chrono::steady_clock::now() + from_now;
}

void HttpConnection::start() {
  set_deadline(shard_->settings().options.deadlines.head);
  socket_->handshake(shared_from_this());
}

void HttpConnection::on_handshake(const std::string& problem) {
  if (phase_ != Phase::kHandshake) return;
  if (!problem.empty()) {
    shard_->count.failed_handshakes.add();
    return close();
  }
  phase_ = Phase::kHead;
  read_request();
}

void HttpConnection::on_deadline() {
  clear_deadline();
  const bool idle = phase_ == Phase::kHead && reader_.is_idle();
  if (!idle && phase_ != Phase::kLingering) shard_->count.timeouts.add();
  if ((phase_ == Phase::kHead && !idle) || phase_ == Phase::kBody) {
    return refuse(408);
  }
  close();
}

void HttpConnection::drain() {
  if (phase_ == Phase::kHead && reader_.is_idle()) return close();
  // Everything else ends by itself: no response keeps the connection any more.
  if (phase_ == Phase::kStreaming) queue_->close();
}

void HttpConnection::close() {
  if (phase_ == Phase::kClosed) return;
  const auto self = shared_from_this();
  phase_ = Phase::kClosed;
  clear_deadline();
  socket_->close();
  socket_.reset();
  end_stream();
  shard_->forget(self);
}

// Reading.

void HttpConnection::on_read(std::size_t bytes, const std::error_code& error) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  shard_->count.bytes_in.add(bytes);
  // While a refusal or the end of a stream is written, what still comes is of no interest.
  if (phase_ == Phase::kWriting) return;
  if (error || bytes == 0) return close();
  switch (phase_) {
    case Phase::kHead:
      if (reader_.is_idle()) set_deadline(shard_->settings().options.deadlines.head);
      [[fallthrough]];
    case Phase::kBody:
      reader_.received(bytes);
      return work();
    case Phase::kStreaming:
      if (on_data_) on_data_(*queue_, std::string_view(spare_.data(), bytes));
      return read_on();
    case Phase::kLingering:
      lingered_ += bytes;
      return lingered_ > kMaxLingerBytes ? close() : read_on();
    case Phase::kHandshake:
    case Phase::kContinue:
    case Phase::kHandling:
    case Phase::kWriting:
    case Phase::kClosed:
      return;
  }
}

void HttpConnection::read_request() {
  if (phase_ == Phase::kHead && reader_.is_in_body()) {
    phase_ = Phase::kBody;
    set_deadline(shard_->settings().options.deadlines.body);
  }
  reading_ = true;
  socket_->read(reader_.space(), shared_from_this());
}

void HttpConnection::read_on() {
  if (phase_ != Phase::kStreaming && phase_ != Phase::kLingering) return;
  spare_.resize(on_data_ ? kUpgradeBuffer : kSpareBuffer);
  reading_ = true;
  socket_->read(spare_, shared_from_this());
}

void HttpConnection::work() {
  if (working_) return;
  working_ = true;
  while (phase_ == Phase::kHead || phase_ == Phase::kBody) {
    switch (reader_.step()) {
      case RequestReader::Step::kRequest:
        handle();
        break;
      case RequestReader::Step::kRefused:
        refuse(reader_.status());
        break;
      case RequestReader::Step::kContinue:
        send_continue();
        break;
      case RequestReader::Step::kMore:
        working_ = false;
        return read_request();
    }
  }
  working_ = false;
}

void HttpConnection::handle() {
  phase_ = Phase::kHandling;
  keep_alive_ = reader_.keep_alive();
  clear_deadline();
  shard_->count.requests.add();
  in_handler_ = true;
  shard_->settings().handler(reader_.request(), Responder(shared_from_this()));
  in_handler_ = false;
  if (answered_) {
    answer(*std::exchange(answered_, std::nullopt));
  } else if (opened_) {
    std::exchange(opened_, nullptr)();
  }
}

void HttpConnection::send_continue() {
  phase_ = Phase::kContinue;
  set_deadline(shard_->settings().options.deadlines.write);
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";
  slice_ = out_.size();
  socket_->write({out_, {}}, shared_from_this());
}

void HttpConnection::refuse(int status) {
  shard_->count.refused_requests.add();
  keep_alive_ = false;
  Response response = problem_response(status);
  if (status == 405) {
    response.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  }
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  phase_ = Phase::kHandling;
  answer(std::move(response));
}

// Writing.

void HttpConnection::respond(std::shared_ptr<Exchange> self, Response response) {
  if (shard_->loop().in_thread()) {
    // The handler may go on to read its request: nothing happens before it has returned.
    if (in_handler_) {
      answered_ = std::move(response);
    } else {
      answer(std::move(response));
    }
    return;
  }
  shard_->loop().post([this, self = std::move(self), response = std::move(response)]() mutable {
    answer(std::move(response));
  });
}

void HttpConnection::answer(Response response) {
  if (phase_ != Phase::kHandling) return;  // the connection has ended meanwhile
  const bool keep_alive = keep_alive_ && !shard_->draining();
  const HeadOptions options{.keep_alive = keep_alive,
                            .say_keep_alive = keep_alive && reader_.request().version_1_0,
                            .date = shard_->date()};
  recycle(out_);
  if (!append_head(out_, response, options)) {
    response = Response{.status = 500};
    CHECK(append_head(out_, response, options));
  }
  unsent_ = {};
  if (reader_.request().method != Method::kHead && status_has_body(response.status)) {
    if (!response.shared_body && response.body.size() <= kMaxJoinedBody) {
      out_.append(response.body);
    } else {
      shared_body_ = response.shared_body
                         ? std::move(response.shared_body)
                         : std::make_shared<const std::string>(std::move(response.body));
      unsent_[1] = *shared_body_;
    }
  }
  unsent_[0] = out_;
  after_ = keep_alive ? After::kNextRequest : After::kEnd;
  write_out();
}

void HttpConnection::write_out() {
  phase_ = Phase::kWriting;
  const std::size_t sent = socket_->try_write(unsent_[0]);
  shard_->count.bytes_out.add(sent);
  unsent_[0].remove_prefix(sent);
  if (unsent_[0].empty() && unsent_[1].empty()) return after_write();
  write_slice();
}

void HttpConnection::write_slice() {
  set_deadline(shard_->settings().options.deadlines.write);
  const std::array<std::string_view, 2> slice = {unsent_[0], unsent_[1].substr(0, kSlice)};
  unsent_[0] = {};
  unsent_[1].remove_prefix(slice[1].size());
  slice_ = slice[0].size() + slice[1].size();
  socket_->write(slice, shared_from_this());
}

void HttpConnection::on_written(const std::error_code& error) {
  if (phase_ == Phase::kClosed) return;
  if (error) return close();
  shard_->count.bytes_out.add(slice_);
  if (phase_ == Phase::kStreaming) return write_stream();
  if (phase_ == Phase::kContinue) {
    phase_ = Phase::kBody;
    set_deadline(shard_->settings().options.deadlines.body);
    return read_request();
  }
  unsent_[1].empty() ? after_write() : write_slice();
}

void HttpConnection::after_write() {
  shared_body_.reset();
  if (after_ == After::kNextRequest) {
    reader_.begin_next();
    phase_ = Phase::kHead;
    const Deadlines& deadlines = shard_->settings().options.deadlines;
    set_deadline(reader_.is_idle() ? deadlines.idle : deadlines.head);
    return work();
  }
  // Our side ends first, and what the peer still sends is read: closing at once could destroy the
  // answer on its way (RFC 9112 9.6).
  phase_ = Phase::kLingering;
  set_deadline(shard_->settings().options.deadlines.linger);
  socket_->end_sending();
  if (!reading_) read_on();
}

}  // namespace rescind::net
