#include "authority/signed_request.h"

#include "authority/limits.h"
#include "authority/object_reader.h"
#include "authority/order_reader.h"
#include "feed/envelope.h"

namespace rescind::authority {
namespace {

constexpr std::size_t kMaxJtiBytes = 128;
constexpr json::Limits kLimits{
    .bytes = kMaxRequestBytes, .depth = 5, .members = static_cast<unsigned>(8 * kMaxOrders)};

std::unexpected<Error> wrong(const char* what) { return fail(ErrorCode::kInvalid, what); }

std::optional<std::int64_t> seconds_of(ObjectReader& object, std::string_view name) {
  const auto value = object.optional_value(name);
  const auto seconds = value ? value->integer() : std::nullopt;
  if (!seconds || *seconds < 0) object.refuse(name, "has to be a time in seconds");
  return seconds;
}

Result<void> check_times(std::int64_t issued_at, std::int64_t expires_at, WallTime now) {
  const std::int64_t at = to_seconds(now);
  if (issued_at > at + kRequestLeeway.count()) return wrong("the request's iat lies ahead");
  if (expires_at <= at) return wrong("the request has expired");
  if (expires_at - issued_at > kLongestRequest.count()) {
    return wrong("a request lives an hour at most");
  }
  return {};
}

}  // namespace

Result<SignedRequest> read_request(std::string_view jws, const std::string& issuer, WallTime now) {
  if (jws.size() > kMaxRequestBytes) return fail(ErrorCode::kTooLarge, "a request has 64 KiB");
  auto envelope = feed::open_envelope(jws, kRequestType, kMaxRequestBytes);
  if (!envelope) return wrong("no signed request");
  json::Reader reader;
  TRY_ASSIGN(const json::Value root, reader.parse(envelope->payload, kLimits));
  if (!root.is_object()) return wrong("a request is an object");
  ObjectReader object(root);
  SignedRequest request;
  request.key_id = std::move(envelope->key_id);
  request.client = object.text("iss", kMaxClientIdBytes);
  request.jti = object.text("jti", kMaxJtiBytes);
  const std::string audience = object.text("aud", revocation::kMaxIssuerBytes);
  const auto issued_at = seconds_of(object, "iat");
  const auto expires_at = seconds_of(object, "exp");
  const auto body = object.optional_value("request");
  TRY(object.finish());
  if (audience != issuer) return wrong("a request to another authority");
  if (!body || !body->is_object()) return wrong("\"request\" is an object");
  TRY(check_times(*issued_at, *expires_at, now));
  request.expires_at = *expires_at;
  TRY_ASSIGN(OrderList list, read_orders(*body, issuer));
  for (OrderRequest& one : list.orders) {
    // What lies on a broker is read by others.
    const bool was_token = !one.refresh_token.empty() || one.order.expires_at.has_value();
    if (was_token) return wrong("a signed request names what to revoke, it shows no token");
    one.order.actor = "client:" + request.client;
    request.orders.push_back(std::move(one.order));
  }
  return request;
}

std::string sign_request(const RequestToSign& request, const jwt::SigningKey& key) {
  json::Writer w;
  w.object()
      .member("iss", std::string_view(request.client))
      .member("aud", std::string_view(request.issuer))
      .member("jti", std::string_view(request.jti))
      .member("iat", request.issued_at)
      .member("exp", request.expires_at)
      .end();
  // The body is JSON already: it takes the place of the closing brace.
  std::string payload = w.take();
  payload.pop_back();
  payload += ",\"request\":" + request.body + "}";
  return jwt::sign_compact(key, kRequestType, payload);
}

}  // namespace rescind::authority
