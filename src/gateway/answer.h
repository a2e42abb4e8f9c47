#pragma once
// A decision as HTTP: status, challenge (RFC 6750 3), identity headers, problem details (RFC 9457).
// The same for every gateway. What a client is told of a refusal is coarse: only a token whose
// signature is good learns that it was revoked. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gateway/identity_headers.h"
#include "gateway/request.h"
#include "rescind/decision.h"

namespace rescind::gateway {

struct HttpAnswer {
  int status = 401;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // application/problem+json; empty for 200
};

struct AnswerOptions {
  // The status for "cannot decide". 503 by RFC; nginx's auth_request can pass on nothing but 401
  // and 403, so there it is 403 and the configuration maps it back by X-Rescind-Reason.
  int undecided_status = 503;
  int bad_request_status = 400;  // for the same gateways 401
  std::int64_t retry_after_seconds = 1;
};

// `staleness` is told in X-Rescind-Lag-Ms; nothing: not known.
HttpAnswer answer(const Decision& decision, const IdentityHeaders& identity,
                  std::optional<Milliseconds> staleness, const AnswerOptions& options);
HttpAnswer answer(TokenProblem problem, const IdentityHeaders& identity,
                  const AnswerOptions& options);
// 400: the request would let a hop drop what we set.
HttpAnswer answer_connection_abuse(const IdentityHeaders& identity, const AnswerOptions& options);

}  // namespace rescind::gateway
