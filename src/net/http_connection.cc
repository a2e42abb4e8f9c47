#include "net/http_connection.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/response_writer.h"

namespace rescind::net {
namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kRawBuffer = 16 * 1024;
constexpr std::size_t kLingerBuffer = 4096;
constexpr std::size_t kMaxLingerBytes = 1024 * 1024;
// Bodies up to here travel in one buffer with their head; longer ones are not copied.
constexpr std::size_t kMaxJoinedBody = 16 * 1024;
// What a slow peer has to take within the write deadline.
constexpr std::size_t kSlice = 256 * 1024;

// Gives back the memory of a message out of the ordinary.
void clear_buffer(std::string& buffer) {
  if (buffer.capacity() > 2 * kMaxJoinedBody) {
    buffer = std::string();
  } else {
    buffer.clear();
  }
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<ServerShard> shard, std::unique_ptr<Socket> socket,
                               std::string peer)
    : shard_(std::move(shard)), socket_(std::move(socket)), peer_(std::move(peer)) {
  request_.peer = peer_;
  request_.over_tls = shard_->settings().options.tls != nullptr;
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
  buffer_.resize(kFirstBuffer);
  phase_ = Phase::kHead;
  read_head();
}

void HttpConnection::on_deadline() {
  clear_deadline();
  const bool idle = phase_ == Phase::kHead && begin_ == end_;
  if (!idle && phase_ != Phase::kLingering) shard_->count.timeouts.add();
  if ((phase_ == Phase::kHead && !idle) || phase_ == Phase::kBody) {
    request_.method = Method::kGet;
    return refuse(408);
  }
  close();
}

void HttpConnection::drain() {
  if (phase_ == Phase::kHead && begin_ == end_) return close();
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
      if (begin_ == end_) set_deadline(shard_->settings().options.deadlines.head);
      end_ += bytes;
      return work();
    case Phase::kBody:
      return on_body_bytes(bytes);
    case Phase::kStreaming:
      if (on_data_) on_data_(std::string_view(raw_.data(), bytes));
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

void HttpConnection::read_head() {
  if (end_ == buffer_.size()) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    } else {
      buffer_.resize(buffer_.size() * 2);  // ends with the scanner's limit
    }
  }
  reading_ = true;
  socket_->read(std::span(buffer_).subspan(end_), shared_from_this());
}

void HttpConnection::read_raw(std::size_t size) {
  raw_.resize(size);
  reading_ = true;
  socket_->read(raw_, shared_from_this());
}

void HttpConnection::read_on() {
  if (phase_ == Phase::kStreaming || phase_ == Phase::kLingering) {
    read_raw(on_data_ ? kRawBuffer : kLingerBuffer);
  }
}

void HttpConnection::work() {
  if (working_) return;
  working_ = true;
  while (phase_ == Phase::kHead && take_request()) {
  }
  working_ = false;
  if (phase_ == Phase::kHead) read_head();
  if (phase_ == Phase::kBody) read_raw(kRawBuffer);
}

bool HttpConnection::take_request() {
  const MessageLimits& limits = shard_->settings().options.limits;
  const std::string_view buffer(buffer_.data() + begin_, end_ - begin_);
  switch (scanner_.scan(buffer, limits.head_bytes)) {
    case HeadScanner::Status::kMore:
      return false;
    case HeadScanner::Status::kBad:
      return refuse_head(400);
    case HeadScanner::Status::kTooLongLine:
      return refuse_head(414);
    case HeadScanner::Status::kTooLarge:
      return refuse_head(431);
    case HeadScanner::Status::kDone:
      break;
  }
  begin_ += scanner_.size();
  if (scanner_.size() == 2) {
    // One empty line before a request is forgiven (RFC 9112 2.2).
    if (std::exchange(empty_line_seen_, true)) return refuse_head(400);
    scanner_.reset();
    return true;
  }
  const int status =
      parse_request_head(buffer.substr(0, scanner_.size()), limits, request_, framing_);
  return status == 0 ? begin_body() : refuse_head(status);
}

bool HttpConnection::begin_body() {
  const ServerOptions& options = shard_->settings().options;
  if (request_.method == Method::kConnect || request_.method == Method::kTrace) {
    refuse(405);
    return false;
  }
  if (framing_.unknown_expectation) {
    refuse(417);
    return false;
  }
  const std::size_t limit =
      options.body_limit ? options.body_limit(request_) : options.limits.body_bytes;
  BodyDecoder::Status status = decoder_.start(framing_, limit);
  std::string_view input(buffer_.data() + begin_, end_ - begin_);
  const bool may_continue = framing_.expects_continue && input.empty();
  if (status == BodyDecoder::Status::kMore) status = decoder_.feed(input, body_);
  begin_ = end_ - input.size();
  if (status != BodyDecoder::Status::kMore) return finish_body(status);
  if (may_continue) {
    phase_ = Phase::kContinue;
    set_deadline(options.deadlines.write);
    out_ = "HTTP/1.1 100 Continue\r\n\r\n";
    slice_ = out_.size();
    socket_->write({out_, {}}, shared_from_this());
  } else {
    phase_ = Phase::kBody;
    set_deadline(options.deadlines.body);
  }
  return false;
}

void HttpConnection::on_body_bytes(std::size_t bytes) {
  std::string_view input(raw_.data(), bytes);
  const BodyDecoder::Status status = decoder_.feed(input, body_);
  if (status == BodyDecoder::Status::kMore) return read_raw(kRawBuffer);
  body_rest_ = input;
  finish_body(status);
}

bool HttpConnection::finish_body(BodyDecoder::Status status) {
  if (status != BodyDecoder::Status::kDone) {
    refuse(status == BodyDecoder::Status::kTooLarge ? 413 : 400);
    return false;
  }
  request_.body = body_;
  phase_ = Phase::kHandling;
  clear_deadline();
  shard_->count.requests.add();
  in_handler_ = true;
  shard_->settings().handler(request_, Responder(shared_from_this()));
  in_handler_ = false;
  if (answered_) {
    answer(*std::exchange(answered_, std::nullopt));
  } else if (opened_) {
    std::exchange(opened_, nullptr)();
  }
  return true;
}

void HttpConnection::begin_next_request() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (!body_rest_.empty()) {
    // The body had used up the buffer: what came behind it in raw_ is all there is.
    if (buffer_.size() < body_rest_.size()) buffer_.resize(body_rest_.size());
    std::memcpy(buffer_.data(), body_rest_.data(), body_rest_.size());
    end_ = body_rest_.size();
    body_rest_ = {};
  }
  raw_ = std::vector<char>();
  clear_buffer(body_);
  scanner_.reset();
  empty_line_seen_ = false;
  phase_ = Phase::kHead;
  const Deadlines& deadlines = shard_->settings().options.deadlines;
  set_deadline(begin_ == end_ ? deadlines.idle : deadlines.head);
}

bool HttpConnection::refuse_head(int status) {
  request_.method = Method::kGet;  // who sends no method gets a body that explains
  refuse(status);
  return false;
}

void HttpConnection::refuse(int status) {
  shard_->count.refused_requests.add();
  framing_.keep_alive = false;
  Response response{.status = status, .content_type = "text/plain"};
  response.body = std::string(status_phrase(status)) + "\n";
  if (status == 405) {
    response.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  }
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
  const bool keep_alive = framing_.keep_alive && !shard_->draining();
  const HeadOptions options{.keep_alive = keep_alive,
                            .say_keep_alive = keep_alive && request_.version_1_0,
                            .date = shard_->date()};
  clear_buffer(out_);
  if (!append_head(out_, response, options)) {
    response = Response{.status = 500};
    CHECK(append_head(out_, response, options));
  }
  unsent_ = {};
  if (request_.method != Method::kHead && status_has_body(response.status)) {
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
    return read_raw(kRawBuffer);
  }
  unsent_[1].empty() ? after_write() : write_slice();
}

void HttpConnection::after_write() {
  shared_body_.reset();
  if (after_ == After::kNextRequest) {
    begin_next_request();
    return work();
  }
  // Our side ends first, and what the peer still sends is read: closing at once could destroy the
  // answer on its way (RFC 9112 9.6).
  phase_ = Phase::kLingering;
  set_deadline(shard_->settings().options.deadlines.linger);
  socket_->end_sending();
  if (!reading_) read_on();
}

// Streaming.

std::shared_ptr<Stream> HttpConnection::stream(std::shared_ptr<Exchange> self, Response head) {
  return open(std::move(self), std::move(head), StreamKind::kResponse, nullptr);
}

std::shared_ptr<Stream> HttpConnection::upgrade(std::shared_ptr<Exchange> self, Response head,
                                                OnData on_data) {
  return open(std::move(self), std::move(head), StreamKind::kUpgrade, std::move(on_data));
}

std::shared_ptr<Stream> HttpConnection::open(std::shared_ptr<Exchange> self, Response head,
                                             StreamKind kind, OnData on_data) {
  auto queue =
      std::make_shared<StreamQueue>(shard_->shared_loop(), shard_->settings().options.stream_bytes);
  auto stream = make_stream(queue);
  if (request_.method == Method::kHead && kind == StreamKind::kResponse) queue->end();
  Loop::Task task = [this, self = std::move(self), head = std::move(head), kind,
                     queue = std::move(queue), on_data = std::move(on_data)]() mutable {
    open_now(std::move(head), kind, queue, std::move(on_data));
  };
  if (!shard_->loop().in_thread()) {
    shard_->loop().post(std::move(task));
  } else if (in_handler_) {
    opened_ = std::move(task);
  } else {
    task();
  }
  return stream;
}

void HttpConnection::open_now(Response head, StreamKind kind,
                              const std::shared_ptr<StreamQueue>& queue, OnData on_data) {
  if (phase_ != Phase::kHandling) return queue->end();
  const bool upgraded = kind == StreamKind::kUpgrade;
  chunked_ = !upgraded && !request_.version_1_0;
  const HeadOptions options{.body = upgraded   ? HeadOptions::Body::kUpgrade
                                    : chunked_ ? HeadOptions::Body::kChunked
                                               : HeadOptions::Body::kUntilEnd,
                            .keep_alive = false,
                            .date = shard_->date()};
  framing_.keep_alive = false;
  after_ = After::kEnd;
  unsent_ = {};
  clear_buffer(out_);
  if (!append_head(out_, head, options)) {
    queue->end();
    return answer(Response{.status = 500});
  }
  if (request_.method == Method::kHead && !upgraded) {
    unsent_[0] = out_;
    return write_out();
  }
  phase_ = Phase::kStreaming;
  shard_->count.open_streams.add();
  queue_ = queue;
  queue_->set_flush([weak = weak_from_this()] {
    if (const auto connection = weak.lock()) connection->flush_stream();
  });
  on_data_ = std::move(on_data);
  const std::string early(upgraded ? std::string(buffer_.data() + begin_, end_ - begin_) +
                                         std::string(body_rest_)
                                   : std::string());
  buffer_ = std::vector<char>();
  body_ = std::string();
  write_stream_bytes();
  if (phase_ == Phase::kStreaming && on_data_ && !early.empty()) on_data_(early);
  read_on();
}

void HttpConnection::flush_stream() {
  if (phase_ != Phase::kStreaming || cut_off_slow_stream()) return;
  if (!stream_writing_) write_stream();
}

bool HttpConnection::cut_off_slow_stream() {
  if (!queue_->overflowed()) return false;
  shard_->count.slow_streams.add();
  close();
  return true;
}

// The last write is done: takes what waits, as long as it goes without waiting.
void HttpConnection::write_stream() {
  stream_writing_ = false;
  clear_deadline();
  while (phase_ == Phase::kStreaming && !stream_writing_) {
    if (cut_off_slow_stream()) return;
    std::vector<std::shared_ptr<const std::string>> batch;
    const std::size_t size = queue_->take(batch, kSlice);
    clear_buffer(out_);
    if (size == 0) {
      if (queue_->finished()) finish_stream();
      return;
    }
    if (chunked_) {
      std::array<char, 24> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
      out_.append(digits.data(), end).append("\r\n");
    }
    for (const auto& bytes : batch) out_.append(*bytes);
    if (chunked_) out_.append("\r\n");
    write_stream_bytes();
  }
}

void HttpConnection::write_stream_bytes() {
  const std::size_t sent = socket_->try_write(out_);
  shard_->count.bytes_out.add(sent);
  if (sent == out_.size()) return;
  stream_writing_ = true;
  set_deadline(shard_->settings().options.deadlines.write);
  slice_ = out_.size() - sent;
  socket_->write({std::string_view(out_).substr(sent), {}}, shared_from_this());
}

void HttpConnection::finish_stream() {
  if (chunked_) out_ = "0\r\n\r\n";
  unsent_ = {std::string_view(out_), {}};
  const auto self = shared_from_this();
  phase_ = Phase::kWriting;
  end_stream();
  if (phase_ == Phase::kWriting) write_out();
}

void HttpConnection::end_stream() {
  if (!queue_) return;
  shard_->count.open_streams.subtract_one();
  std::exchange(queue_, nullptr)->end();
  on_data_ = nullptr;
}

}  // namespace rescind::net
