#include "transport/sse.h"

#include <utility>

#include "net/header_value.h"
#include "net/sse.h"
#include "transport/poll_caller.h"

namespace rescind::transport {
namespace {

class SseReader final : public StreamReader {
 public:
  net::StreamRequest request(const FeedAccess& access,
                             std::optional<feed::Position> after) override {
    decoder_.reset();
    net::StreamRequest request;
    request.url = access.url;
    request.headers = headers_for(access, net::kEventStreamType);
    if (after) request.headers.emplace_back("Last-Event-ID", revocation::to_string(*after));
    return request;
  }

  Result<void> check(const net::Response& head) override {
    if (head.status != 200) return std::unexpected(error_of(head));
    if (!net::is_media_type(head.content_type, net::kEventStreamType)) {
      return fail(ErrorCode::kCorrupt, "the answer is no stream of events");
    }
    return {};
  }

  Result<void> read(std::string_view bytes, const OnWord& on_word) override {
    const bool good = decoder_.feed(bytes, [&](const net::Event& event) { on_word(event.data); });
    if (!good) return fail(ErrorCode::kTooLarge, "an event is too long");
    return {};
  }

 private:
  net::EventDecoder decoder_;
};

}  // namespace

Result<std::unique_ptr<SseRoad>> SseRoad::open(net::Loop& loop, FeedAccess access, Random& random,
                                               Log& log) {
  TRY_ASSIGN(FeedAccess good, checked(std::move(access)));
  auto caller = std::make_shared<FeedCaller>(loop, std::move(good), random, log);
  return std::unique_ptr<SseRoad>(
      new SseRoad(std::move(caller), [] { return std::make_shared<SseReader>(); }));
}

}  // namespace rescind::transport
