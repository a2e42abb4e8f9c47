#pragma once
// Forward authentication: a gateway (nginx `auth_request`, Caddy, Traefik, Envoy over HTTP) asks
// before each request, we answer 200 with the identity headers, or refuse. The decision rests on
// the token alone; no X-Forwarded-* or X-Original-* is believed for it. Where the request came from
// decides only whether a token that is not known is worth a signature check (source.h).
//
// A caller that has revoked something may say so, `Revocation-Position: term.number`: where the
// index has not come so far, the request waits a little for it. If it does not come and the feed's
// last signed head has it, the policy for stale knowledge decides (asks, refuses); a position
// beyond that head is only the caller's word, and ignored.
//
// One ForwardAuth for each loop of the server, as its Verifier is one thread's.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gateway/answer.h"
#include "gateway/forward_auth/behind.h"
#include "gateway/identity_headers.h"
#include "net/http_server.h"
#include "strategy/revocation_source.h"
#include "verifier/verifier.h"

namespace rescind::gateway {

class ForwardAuth {
 public:
  // All of these outlive it. The verifier has one index; `source` may be null where it never asks.
  ForwardAuth(verifier::Verifier& verifier, const Clock& clock, IdentityHeaders identity,
              AnswerOptions options, strategy::RevocationSource* source);

  // The header in which the gateway before us says who its client is (source.h); until it is set,
  // who has connected to us is the source.
  void set_source_header(std::string name) { source_header_ = std::move(name); }

  // Lets requests wait so long for positions that their callers know of; `head` says which is the
  // last that the feed has signed, and `wake` is called when step() has a new deadline.
  void wait_for_positions(Milliseconds wait, std::function<revocation::Position()> head,
                          std::function<void()> wake);
  // Answers those whose position has come, or whose time is over.
  BootTime step(Now now);
  bool anybody_waits() const { return behind_ && behind_->waiting() > 0; }

  void handle(const net::Request& request, net::Responder responder);

  struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t stale = 0;
    std::uint64_t waited = 0;  // for a position
  };
  const Counters& counters() const { return counters_; }
  // Called with the configured issuer when a token of it names a key that it is not known to have.
  void on_unknown_key(std::function<void(std::string_view issuer)> observer) {
    unknown_key_ = std::move(observer);
  }

 private:
  struct Question {
    std::string token;
    verifier::Source source;
    revocation::Position wanted;
    net::Responder responder;
  };
  void wait(Question question, Now now);
  void after_wait(Question& question, Now now);
  void conclude(std::string_view token, const verifier::Outcome& outcome, net::Responder responder,
                Now began);
  HttpAnswer decided(const Decision& decision, Now now);

  verifier::Verifier& verifier_;
  const Clock& clock_;
  IdentityHeaders identity_;
  AnswerOptions options_;
  strategy::RevocationSource* source_;
  std::string source_header_;
  std::optional<Behind> behind_;
  std::function<revocation::Position()> head_;
  std::function<void()> wake_;
  Counters counters_;
  std::function<void(std::string_view issuer)> unknown_key_;
};

}  // namespace rescind::gateway
