#include "authority/minter.h"

#include <memory>

#include "base/json.h"
#include "jwt/signing_key.h"

namespace rescind::authority {

std::string payload_of(const Grant& grant, const std::string& issuer) {
  json::Writer out;
  out.object();
  out.member("iss", std::string_view(issuer));
  out.member("sub", std::string_view(grant.subject));
  out.name("aud");
  if (grant.audience.size() == 1) {
    out.value(std::string_view(grant.audience.front()));
  } else {
    out.array();
    for (const std::string& audience : grant.audience) out.value(std::string_view(audience));
    out.end();
  }
  out.member("exp", grant.expires_at);
  out.member("iat", grant.issued_at);
  out.member("jti", std::string_view(grant.token_id));
  out.member("client_id", std::string_view(grant.client_id));
  if (!grant.session_id.empty()) out.member("sid", std::string_view(grant.session_id));
  if (!grant.scope.empty()) out.member("scope", std::string_view(grant.scope));
  if (!grant.email.empty()) out.member("email", std::string_view(grant.email));
  out.member("fpos", std::string_view(revocation::to_string(grant.stamp)));
  out.end();
  return out.take();
}

Result<Pair> Minter::sign(Minting minting) const {
  const auto keys = ring_.current();
  if (keys == nullptr || keys->active == nullptr) {
    return fail(ErrorCode::kUnavailable, "no signing key is active yet");
  }
  const Grant& grant = minting.grant;
  issued_.add();
  return Pair{
      .access_token = Secret(sign_compact(*keys->active, "at+jwt", payload_of(grant, issuer_))),
      .refresh_token = std::move(minting.refresh_token),
      .issued_at = grant.issued_at,
      .expires_at = grant.expires_at,
      .session_expires_at = minting.session_expires_at,
      .session_id = grant.session_id,
      .subject = grant.subject,
      .scope = grant.scope,
  };
}

void Minter::mint(Minting minting, Done done) const {
  auto answer = std::make_shared<Done>(std::move(done));
  const bool taken = pool_([this, minting = std::move(minting), answer]() mutable {
    (*answer)(sign(std::move(minting)));
  });
  if (!taken) (*answer)(fail(ErrorCode::kUnavailable, "too many tokens are being signed"));
}

}  // namespace rescind::authority
