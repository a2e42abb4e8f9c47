#pragma once
// For tests and fuzzers: another parser's reading of the same bytes (Boost.Beast), to compare ours
// with.

#include <string>
#include <string_view>
#include <vector>

namespace rescind::net {

struct PeerMessage {
  std::string method;
  std::string target;
  std::string body;
  bool operator==(const PeerMessage&) const = default;
};

// The complete requests at the front of the bytes, up to the first that it refuses or that is not
// complete.
std::vector<PeerMessage> peer_requests(std::string_view bytes);

}  // namespace rescind::net
