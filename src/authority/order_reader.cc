#include "authority/order_reader.h"

#include "authority/limits.h"
#include "authority/refresh_secret.h"
#include "jwt/base64url.h"
#include "jwt/claims.h"
#include "jwt/jws.h"

namespace rescind::authority {
namespace {

namespace claim = revocation::claim;

// The caller may revoke whatever it likes, so the signature is not looked at: a token of a key that
// is long gone can be revoked too.
Result<void> read_token(const std::string& token, Revoker::Order& order) {
  const auto no_token = [] {
    return fail(ErrorCode::kInvalid, "\"token\" is no token that could be revoked by its jti");
  };
  const auto parts = jwt::split_compact(token);
  if (!parts) return no_token();
  const auto text = jwt::base64url_decode(parts->payload);
  if (!text) return no_token();
  json::Reader reader;
  const auto payload = jwt::read_payload(*text, reader);
  if (!payload || !payload->claims.token_id) return no_token();
  order.target = {std::string(payload->claims.issuer), std::string(claim::kTokenId),
                  std::string(*payload->claims.token_id)};
  if (payload->claims.expires) order.expires_at = (*payload->claims.expires + 999) / 1000;
  return {};
}

void read_value(ObjectReader& object, Revoker::Order& order) {
  const auto value = object.optional_value("value");
  if (!value) {
    if (order.target.claim == claim::kIssuer) {
      order.target.value = order.target.issuer;
    } else {
      object.refuse("value", "is missing");
    }
    return;
  }
  if (const auto text = value->string()) {
    order.target.value = std::string(*text);
  } else if (const auto number = value->integer()) {
    order.target.value = *number;
  } else {
    object.refuse("value", "has to be a text or a whole number");
  }
}

void read_cut(ObjectReader& object, Revoker::Order& order) {
  const auto cut = object.optional_value("cut");
  if (!cut) return;
  if (const auto text = cut->string()) {
    order.cut = std::string(*text);
  } else if (const auto number = cut->integer()) {
    order.cut = std::to_string(*number);
  } else {
    object.refuse("cut", "has to be a position (term.number) or a time in ms");
  }
}

}  // namespace

Result<OrderRequest> read_order(json::Value body, const std::string& issuer) {
  ObjectReader object(body);
  OrderRequest request;
  Revoker::Order& order = request.order;
  const std::string token = object.optional_text("token", jwt::kMaxTokenBytes);
  const std::string reason = object.optional_text("reason", kMaxNameBytes);
  order.note = object.optional_text("note", kMaxNoteBytes);
  if (token.empty()) {
    order.target.issuer = object.optional_text("issuer", revocation::kMaxIssuerBytes);
    if (order.target.issuer.empty()) order.target.issuer = issuer;
    order.target.claim = object.text("claim", revocation::kMaxClaimBytes);
    read_value(object, order);
    read_cut(object, order);
  }
  if (!reason.empty()) {
    const auto named = revocation::reason_named(reason);
    if (!named) object.refuse("reason", "is one of signed_out, revoked, compromised");
    order.reason = named.value_or(order.reason);
  }
  TRY(object.finish());
  if (looks_like_refresh_token(token)) {
    request.refresh_token = Secret(token);
  } else if (!token.empty()) {
    TRY(read_token(token, order));
  }
  return request;
}

Result<OrderList> read_orders(json::Value body, const std::string& issuer) {
  const auto list = body.find("revocations");
  if (!list) {
    TRY_ASSIGN(OrderRequest one, read_order(body, issuer));
    OrderList single;
    single.orders.push_back(std::move(one));
    return single;
  }
  if (!list->is_array() || list->size() == 0 || body.size() != 1) {
    return fail(ErrorCode::kInvalid, "\"revocations\" is a list, and stands alone");
  }
  if (list->size() > kMaxOrders) {
    return fail(ErrorCode::kTooLarge, "more revocations than one request may carry");
  }
  OrderList many{.orders = {}, .listed = true};
  for (auto item = list->first(); item; item = item->next()) {
    if (!item->is_object()) return fail(ErrorCode::kInvalid, "each revocation is an object");
    TRY_ASSIGN(OrderRequest one, read_order(*item, issuer));
    many.orders.push_back(std::move(one));
  }
  return many;
}

}  // namespace rescind::authority
