#pragma once
// The headers of a feed's word on a broker: CloudEvents 1.0 in binary mode, as the Kafka binding
// writes them (the value stays the JWS, byte for byte). For people and their tools: no follower
// reads them. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rescind::transport {

// None for what is no word of a feed. `ce_subject` is the position: of a batch its own, of a
// heartbeat its head's.
std::vector<std::pair<std::string_view, std::string>> cloud_event_headers(std::string_view jws);

}  // namespace rescind::transport
