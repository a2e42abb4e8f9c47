#pragma once
// What the fuzzer of responses does with one input, for the fuzzer and for the test of its corpus.

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_parser.h"

namespace rescind::net {

// The body of a response whose bytes come in pieces; nothing where it is refused or incomplete.
inline std::optional<std::string> read_response(std::string_view bytes, Method method,
                                                std::size_t piece) {
  const MessageLimits limits{.head_bytes = 2048, .header_fields = 20};
  HeadScanner scanner(HeadScanner::Kind::kResponse);
  HeadScanner::Status status = HeadScanner::Status::kMore;
  for (std::size_t seen = 0; status == HeadScanner::Status::kMore; seen += piece) {
    status = scanner.scan(bytes.substr(0, seen), limits.head_bytes);
    if (seen >= bytes.size()) break;
  }
  ResponseHead head;
  Framing framing;
  if (status != HeadScanner::Status::kDone || scanner.size() == 2 ||
      !parse_response_head(bytes.substr(0, scanner.size()), limits, method, head, framing)) {
    return std::nullopt;
  }
  bytes.remove_prefix(scanner.size());
  BodyDecoder decoder;
  std::string body;
  BodyDecoder::Status decoded = decoder.start(framing, 4096);
  while (decoded == BodyDecoder::Status::kMore && !bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    const std::size_t size = input.size();
    decoded = decoder.feed(input, body);
    bytes.remove_prefix(size - input.size());
  }
  if (decoded == BodyDecoder::Status::kMore) decoded = decoder.end();
  return decoded == BodyDecoder::Status::kDone ? std::optional(body) : std::nullopt;
}

// The first byte says how the others are cut, and what was asked. True where it is a response.
inline bool fuzz_response(std::string_view input) {
  if (input.empty()) return false;
  const auto first = static_cast<unsigned char>(input.front());
  const Method method = (first & 1U) != 0 ? Method::kHead : Method::kGet;
  const std::string_view bytes = input.substr(1);
  const auto whole = read_response(bytes, method, bytes.size() + 1);
  if (read_response(bytes, method, first / 4U + 1) != whole) std::abort();
  return whole.has_value();
}

}  // namespace rescind::net
