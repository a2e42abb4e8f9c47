#pragma once
// What POST /v1/revocations says, as an order: either a token that is shown, or a target by claim
// and value. Pure.
//
//   {"token":"…"}                                        an access token's jti, a refresh token's
//   sid
//   {"claim":"sid","value":"…"}                          of our own issuer
//   {"issuer":"https://id.example","claim":"sub","value":"…","cut":1763800000000}
//   and of each: "reason": "revoked" | "compromised" | "signed_out", "note": "…"
//   {"revocations":[{…},{…}]}                            up to kMaxOrders of these, or none

#include <string>
#include <vector>

#include "authority/object_reader.h"
#include "authority/revoker.h"
#include "base/secret.h"

namespace rescind::authority {

struct OrderRequest {
  Revoker::Order order;  // its target is empty where there is a refresh token
  Secret refresh_token;
};

// kInvalid. `issuer` is ours.
Result<OrderRequest> read_order(json::Value body, const std::string& issuer);

// One order, or the list. kTooLarge past kMaxOrders.
struct OrderList {
  std::vector<OrderRequest> orders;
  bool listed = false;
};
Result<OrderList> read_orders(json::Value body, const std::string& issuer);

}  // namespace rescind::authority
