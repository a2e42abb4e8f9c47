#pragma once
// Server-sent events as a feed server sends them. Immutable.
//
//   id: 1763800000000.42          a batch
//   data: <jws>
//
//   data: <jws>                   a heartbeat: no link of the chain, so no id

#include <string>
#include <string_view>

#include "transport/feed_streams.h"

namespace rescind::transport {

class SseForm final : public StreamForm {
 public:
  Opened open(net::Responder responder) override;
  // A browser that loses the stream tries again after a second.
  std::string greeting() const override;
  void append(std::string& out, const Link& link) const override { out += *link.frame(); }
  void append_heartbeat(std::string& out, std::string_view jws) const override;
  std::string farewell() const override { return {}; }
};

}  // namespace rescind::transport
