#include "authority/request_intake.h"

#include <bit>

#include "authority/signed_request.h"
#include "feed/batch.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

Result<SignedRequest> believed(std::string_view jws, const std::string& issuer, WallTime now,
                               const Clients& clients) {
  TRY_ASSIGN(SignedRequest request, read_request(jws, issuer, now));
  const KnownClient* client = clients.configured(request.client);
  const auto unknown = [] {
    return fail(ErrorCode::kUnauthorized, "no client has signed this with its request key");
  };
  if (client == nullptr || client->request_keys == nullptr) return unknown();
  if (!feed::signed_by(jws, request.key_id, *client->request_keys)) return unknown();
  if (!client->roles.may(Role::kRevoke)) {
    return fail(ErrorCode::kUnauthorized, "the client has not the role revoke");
  }
  return request;
}

}  // namespace

RequestOutcome RequestIntake::refuse(const Error& why) {
  core_.counters.requests_refused.add();
  // One line for the first, the second, the fourth, …: a flood does not fill the log.
  const std::uint64_t refused = core_.counters.requests_refused.value();
  if (std::has_single_bit(refused)) {
    core_.log.warning("signed request refused", {{"why", why.message}, {"refused", refused}});
  }
  return RequestOutcome::kRefused;
}

void RequestIntake::take(std::string_view jws, WallTime now, Done done) {
  auto request = believed(jws, core_.policy.issuer, now, clients_);
  if (!request) return done(refuse(request.error()));
  auto once = [client = request->client, jti = request->jti,
               // The leeway, too: so long it could come again.
               until = request->expires_at +
                       kRequestLeeway.count()](store::Transaction& transaction) -> Result<void> {
    TRY_ASSIGN(const bool is_new, transaction.requests().remember(client, jti, until));
    if (!is_new) return fail(ErrorCode::kConflict, "this request was committed before");
    return {};
  };
  revoker_.revoke(
      std::move(request->orders),
      [this, done = std::move(done)](Result<std::vector<Revoker::Revoked>> revoked) mutable {
        if (revoked) {
          core_.counters.requests_committed.add();
          return done(RequestOutcome::kCommitted);
        }
        const ErrorCode code = revoked.error().code;
        if (code == ErrorCode::kConflict) {
          core_.counters.requests_replayed.add();
          return done(RequestOutcome::kReplayed);
        }
        if (code == ErrorCode::kUnavailable || code == ErrorCode::kExhausted) {
          return done(RequestOutcome::kTryAgain);
        }
        done(refuse(revoked.error()));
      },
      std::move(once));
}

}  // namespace rescind::authority
