#include "transport/feed_body_limit.h"

#include <charconv>
#include <string_view>

#include "net/limits.h"
#include "transport/limits.h"

namespace rescind::transport {
namespace {

constexpr std::size_t kFromAnybody = net::MessageLimits().body_bytes;

// Whether the head announces a body of more than `limit`, or of a length that it does not say.
// Whether the framing is as it should be is for who reads the body.
bool may_exceed(const net::Request& request, std::size_t limit) {
  const auto length = request.headers.find("Content-Length");
  if (!length) return request.headers.find("Transfer-Encoding").has_value();
  std::size_t bytes = 0;
  const char* end = length->data() + length->size();
  const auto [rest, error] = std::from_chars(length->data(), end, bytes);
  return error != std::errc{} || rest != end || bytes > limit;
}

}  // namespace

std::size_t feed_body_limit(const net::Request& request,
                            const std::function<bool(const net::Request&)>& may_follow) {
  if (request.method != net::Method::kPost) return kFromAnybody;
  std::size_t limit = kFromAnybody;
  if (request.path == "/v1/feed/receipts") limit = kMaxReportBytes;
  if (request.path == "/v1/feed/lost") limit = kMaxPollBytes;
  if (limit == kFromAnybody || !may_exceed(request, kFromAnybody)) return kFromAnybody;
  return may_follow(request) ? limit : kFromAnybody;
}

}  // namespace rescind::transport
