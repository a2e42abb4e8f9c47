#pragma once
// From a connection's bytes to its requests, one after the other, without a socket: whoever has
// bytes puts them into space() and asks step() what is to be done. One thread. A request that came
// in one piece is parsed where it lies; its body is copied once.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/body_budget.h"
#include "net/http_parser.h"
#include "net/limits.h"

namespace rescind::net {

class RequestReader {
 public:
  enum class Step : std::uint8_t {
    kMore,      // bytes are missing: received(), then step() again
    kContinue,  // the same, but the peer waits for a 100 before it sends them
    kRequest,   // request() is complete, and stays until begin_next()
    kRefused,   // status() says why; nothing that follows can be trusted
  };
  using BodyLimit = std::function<std::size_t(const Request&)>;

  // All outlive the reader. Without a function, the body's limit is that of `limits`; what is over
  // that is taken from the budget, for as long as the request is there.
  RequestReader(const MessageLimits& limits, const BodyLimit& body_limit, BodyBudget& large);

  // Where the next bytes go; never empty. Valid until received().
  std::span<char> space();
  void received(std::size_t bytes);
  Step step();
  void begin_next();

  // Nothing of the next request has come.
  bool is_idle() const { return state_ == State::kHead && begin_ == end_; }
  bool is_in_body() const { return state_ == State::kBody; }
  Request& request() { return request_; }
  const Request& request() const { return request_; }
  bool keep_alive() const { return framing_.keep_alive; }
  int status() const { return status_; }

  // What came behind the request that is complete, for another protocol. Frees all buffers: neither
  // the request nor the reader is of use any more.
  std::string take_rest();

 private:
  enum class State : std::uint8_t { kHead, kBody, kComplete, kRefused };
  Step take_head();
  Step begin_body();
  bool afford(std::size_t limit);
  Step take_body();
  Step finish_body(BodyDecoder::Status status);
  Step refuse(int status);

  const MessageLimits& limits_;
  const BodyLimit& body_limit_;
  BodyBudget& large_;
  BodyBudget::Share share_;  // of it, for this request
  State state_ = State::kHead;
  int status_ = 0;

  std::vector<char> buffer_;  // [begin_, end_) is the request at hand, and what follows
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  HeadScanner scanner_{HeadScanner::Kind::kRequest};
  bool empty_line_seen_ = false;

  Request request_;
  Framing framing_;
  BodyDecoder decoder_;
  std::string body_;
  std::vector<char> raw_;  // a piece of a body that came after the head's buffer was used up
  std::string_view rest_;  // of raw_: not looked at yet
};

// Empties a buffer that is used again and again, and gives back what an unusual message has made it
// grow by.
void recycle(std::string& buffer);

}  // namespace rescind::net
