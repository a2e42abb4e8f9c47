#pragma once
// What the fuzzer of requests does with one input, for the fuzzer and for the test of its corpus.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_peer.h"
#include "net/request_reader.h"

namespace rescind::net {

struct ReadRequests {
  std::vector<PeerMessage> messages;
  int status = 0;  // of the refusal, where there was one
  bool operator==(const ReadRequests&) const = default;
};

// Reads the bytes in pieces of `piece`.
inline ReadRequests read_requests(std::string_view bytes, std::size_t piece) {
  const MessageLimits limits{.head_bytes = 2048, .header_fields = 20, .body_bytes = 4096};
  const RequestReader::BodyLimit none;
  BodyBudget large(kLargeBodiesBytes);
  RequestReader reader(limits, none, large);
  ReadRequests read;
  while (true) {
    switch (reader.step()) {
      case RequestReader::Step::kRequest:
        read.messages.push_back({.method = std::string(reader.request().method_name),
                                 .target = std::string(reader.request().target),
                                 .body = std::string(reader.request().body)});
        reader.begin_next();
        break;
      case RequestReader::Step::kRefused:
        read.status = reader.status();
        return read;
      case RequestReader::Step::kMore:
      case RequestReader::Step::kContinue: {
        if (bytes.empty()) return read;
        const auto space = reader.space();
        const std::size_t size = std::min({piece, space.size(), bytes.size()});
        std::memcpy(space.data(), bytes.data(), size);
        bytes.remove_prefix(size);
        reader.received(size);
      }
    }
  }
}

// The first byte says how the others are cut. However they are, they are read in the same way; and
// as far as another parser takes them for requests, it takes them for the same. The number of
// requests.
inline std::size_t fuzz_requests(std::string_view input) {
  if (input.empty()) return 0;
  const std::size_t piece = static_cast<unsigned char>(input.front()) % 64U + 1;
  const std::string_view bytes = input.substr(1);
  const ReadRequests whole = read_requests(bytes, bytes.size() + 1);
  if (!(read_requests(bytes, piece) == whole)) std::abort();
  const auto peer = peer_requests(bytes);
  const std::size_t common = std::min(peer.size(), whole.messages.size());
  if (!std::equal(peer.begin(), peer.begin() + static_cast<std::ptrdiff_t>(common),
                  whole.messages.begin())) {
    std::abort();
  }
  return whole.messages.size();
}

}  // namespace rescind::net
