#pragma once
// Forward authentication: a gateway (nginx `auth_request`, Caddy, Traefik, Envoy over HTTP) asks
// before each request, we answer 200 with the identity headers, or refuse. The decision rests on
// the token alone; no X-Forwarded-* or X-Original-* is believed for it. Where the request came from
// decides only whether a token that is not known is worth a signature check (source.h).
//
// One ForwardAuth for each loop of the server, as its Verifier is one thread's.

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gateway/answer.h"
#include "gateway/identity_headers.h"
#include "net/http_server.h"
#include "strategy/revocation_source.h"
#include "verifier/verifier.h"

namespace rescind::gateway {

class ForwardAuth {
 public:
  // All of these outlive it. `source` may be null where the verifier never asks.
  ForwardAuth(verifier::Verifier& verifier, const Clock& clock, IdentityHeaders identity,
              AnswerOptions options, strategy::RevocationSource* source);

  // The header in which the gateway before us says who its client is (source.h); until it is set,
  // who has connected to us is the source.
  void set_source_header(std::string name) { source_header_ = std::move(name); }

  void handle(const net::Request& request, net::Responder responder);

  struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t stale = 0;
  };
  const Counters& counters() const { return counters_; }
  // Called with the configured issuer when a token of it names a key that it is not known to have.
  void on_unknown_key(std::function<void(std::string_view issuer)> observer) {
    unknown_key_ = std::move(observer);
  }

 private:
  HttpAnswer decided(const Decision& decision, Now now);

  verifier::Verifier& verifier_;
  const Clock& clock_;
  IdentityHeaders identity_;
  AnswerOptions options_;
  strategy::RevocationSource* source_;
  std::string source_header_;
  Counters counters_;
  std::function<void(std::string_view issuer)> unknown_key_;
};

}  // namespace rescind::gateway
