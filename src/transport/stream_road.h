#pragma once
// The receiving end of a stream over HTTP, whatever its kind (server-sent events, WebSocket): one
// long answer that is opened anew, with back-off and jitter, whenever it ends or falls silent. One
// thread, the loop's; events come there, never within subscribe().

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "feed/ports.h"
#include "net/http_client.h"
#include "transport/poll_access.h"

namespace rescind::transport {

struct FeedCaller;

// What is different between kinds of streams, for one subscription: how one is asked for, and how
// its bytes are read.
class StreamReader {
 public:
  using OnWord = std::function<void(std::string_view jws)>;
  // False where the stream has ended.
  using Send = std::function<bool(std::string bytes)>;

  virtual ~StreamReader() = default;
  // For what comes behind `after`, or without it for what is published next. All that was read
  // before is forgotten.
  virtual net::StreamRequest request(const FeedAccess& access,
                                     std::optional<feed::Position> after) = 0;
  // Whether this is the head of such a stream.
  virtual Result<void> check(const net::Response& head) = 0;
  // The first byte has come. `send` is of use where the stream leads both ways.
  virtual void opened(const Send& /*send*/) {}
  // The subscription may be ended within `on_word`.
  virtual Result<void> read(std::string_view bytes, const OnWord& on_word) = 0;
  // After each stream that was opened.
  virtual void ended() {}
};

// Each connection begins behind after(). Where that position is gone or of another history, the
// road goes on with what comes next: the follower sees from it that something is missing, and asks
// its origin. on_state(true) with the first byte of a stream, on_state(false) after each that has
// ended and each that could not be opened.
class StreamRoad : public feed::Road {
 public:
  using MakeReader = std::function<std::shared_ptr<StreamReader>()>;
  ~StreamRoad() override;

  std::unique_ptr<feed::Subscription> subscribe(std::function<feed::Position()> after,
                                                feed::Subscriber subscriber) override;

 protected:
  StreamRoad(std::shared_ptr<FeedCaller> caller, MakeReader make_reader);

 private:
  std::shared_ptr<FeedCaller> caller_;
  const MakeReader make_reader_;
};

}  // namespace rescind::transport
