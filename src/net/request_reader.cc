#include "net/request_reader.h"

#include <cstring>
#include <utility>

#include "base/check.h"

namespace rescind::net {
namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kRawBuffer = 16 * 1024;
constexpr std::size_t kUsualMessage = 32 * 1024;

}  // namespace

void recycle(std::string& buffer) {
  if (buffer.capacity() > kUsualMessage) {
    buffer = std::string();
  } else {
    buffer.clear();
  }
}

RequestReader::RequestReader(const MessageLimits& limits, const BodyLimit& body_limit,
                             BodyBudget& large)
    : limits_(limits), body_limit_(body_limit), large_(large) {}

std::span<char> RequestReader::space() {
  if (state_ == State::kBody) {
    raw_.resize(kRawBuffer);
    return raw_;
  }
  if (buffer_.empty()) buffer_.resize(kFirstBuffer);
  if (end_ == buffer_.size()) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    } else {
      buffer_.resize(buffer_.size() * 2);  // ends with the scanner's limit
    }
  }
  return std::span(buffer_).subspan(end_);
}

void RequestReader::received(std::size_t bytes) {
  if (state_ == State::kBody) {
    rest_ = std::string_view(raw_.data(), bytes);
  } else {
    end_ += bytes;
  }
}

RequestReader::Step RequestReader::step() {
  switch (state_) {
    case State::kHead:
      return take_head();
    case State::kBody:
      return take_body();
    case State::kComplete:
      return Step::kRequest;
    case State::kRefused:
      break;
  }
  return Step::kRefused;
}

RequestReader::Step RequestReader::refuse(int status) {
  state_ = State::kRefused;
  status_ = status;
  framing_.keep_alive = false;
  return Step::kRefused;
}

RequestReader::Step RequestReader::take_head() {
  const std::string_view seen(buffer_.data() + begin_, end_ - begin_);
  request_.method = Method::kGet;  // who sends no method gets a body that explains
  switch (scanner_.scan(seen, limits_.head_bytes)) {
    case HeadScanner::Status::kMore:
      return Step::kMore;
    case HeadScanner::Status::kBad:
      return refuse(400);
    case HeadScanner::Status::kTooLongLine:
      return refuse(414);
    case HeadScanner::Status::kTooLarge:
      return refuse(431);
    case HeadScanner::Status::kDone:
      break;
  }
  begin_ += scanner_.size();
  if (scanner_.size() == 2) {
    // One empty line before a request is forgiven (RFC 9112 2.2).
    if (std::exchange(empty_line_seen_, true)) return refuse(400);
    scanner_.reset();
    return take_head();
  }
  const std::string_view head = seen.substr(0, scanner_.size());
  if (const int status = parse_request_head(head, limits_, request_, framing_)) {
    request_.method = Method::kGet;
    return refuse(status);
  }
  return begin_body();
}

RequestReader::Step RequestReader::begin_body() {
  if (request_.method == Method::kConnect || request_.method == Method::kTrace) return refuse(405);
  if (framing_.unknown_expectation) return refuse(417);
  request_.body = {};
  const std::size_t limit = body_limit_ ? body_limit_(request_) : limits_.body_bytes;
  BodyDecoder::Status status = decoder_.start(framing_, limit);
  if (status == BodyDecoder::Status::kMore && !afford(limit)) return refuse(503);
  std::string_view input(buffer_.data() + begin_, end_ - begin_);
  const bool asks = framing_.expects_continue && input.empty();
  if (status == BodyDecoder::Status::kMore) status = decoder_.feed(input, body_);
  begin_ = end_ - input.size();
  if (status != BodyDecoder::Status::kMore) return finish_body(status);
  state_ = State::kBody;
  return asks ? Step::kContinue : Step::kMore;
}

// Whether there is room for a body that is announced to be long, or not to be short.
bool RequestReader::afford(std::size_t limit) {
  const bool is_said = framing_.kind == Framing::Kind::kLength;
  const std::size_t announced = is_said ? framing_.length : limit;
  if (announced <= limits_.body_bytes) return true;
  share_ = large_.take(announced);
  return share_ != nullptr;
}

RequestReader::Step RequestReader::take_body() {
  const BodyDecoder::Status status = decoder_.feed(rest_, body_);
  return status == BodyDecoder::Status::kMore ? Step::kMore : finish_body(status);
}

RequestReader::Step RequestReader::finish_body(BodyDecoder::Status status) {
  if (status == BodyDecoder::Status::kTooLarge) return refuse(413);
  if (status != BodyDecoder::Status::kDone) return refuse(400);
  request_.body = body_;
  state_ = State::kComplete;
  return Step::kRequest;
}

void RequestReader::begin_next() {
  CHECK(state_ == State::kComplete);
  if (begin_ == end_) begin_ = end_ = 0;
  if (!rest_.empty()) {
    // The body had used up the buffer: what came behind it in raw_ is all there is.
    CHECK(end_ == 0);
    if (buffer_.size() < rest_.size()) buffer_.resize(rest_.size());
    std::memcpy(buffer_.data(), rest_.data(), rest_.size());
    end_ = rest_.size();
    rest_ = {};
  }
  raw_ = std::vector<char>();
  recycle(body_);
  share_.reset();
  scanner_.reset();
  empty_line_seen_ = false;
  state_ = State::kHead;
}

std::string RequestReader::take_rest() {
  std::string rest(buffer_.data() + begin_, end_ - begin_);
  rest.append(rest_);
  rest_ = {};
  begin_ = end_ = 0;
  buffer_ = std::vector<char>();
  raw_ = std::vector<char>();
  body_ = std::string();
  share_.reset();
  return rest;
}

}  // namespace rescind::net
