#include "transport/sse_server.h"

#include <utility>

#include "net/sse.h"

namespace rescind::transport {

StreamForm::Opened SseForm::open(net::Responder responder) {
  net::Response head;
  head.content_type = net::kEventStreamType;
  head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  return {.stream = responder.stream(std::move(head))};
}

std::string SseForm::greeting() const {
  std::string text;
  net::append_retry(text, std::chrono::seconds(1));
  return text;
}

void SseForm::append_heartbeat(std::string& out, std::string_view jws) const {
  net::append_event(out, {.id = {}, .type = {}, .data = jws});
}

}  // namespace rescind::transport
