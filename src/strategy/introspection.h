#pragma once
// Asks an authority whether a token is active (RFC 7662): what a verifier falls back to while its
// index is stale. One loop's thread. An answer that does not come in time, or is not an answer, is
// kUnavailable: never a yes.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "net/http_client.h"
#include "strategy/revocation_source.h"
#include "verifier/verifier.h"

namespace rescind::strategy {

class Introspection final : public RevocationSource {
 public:
  struct Options {
    std::string url;
    std::string client_id;
    Secret client_secret;
    Milliseconds timeout{2'000};
    std::size_t at_once = 256;  // questions under way; one more is answered kUnavailable
  };
  // `client` outlives this.
  Introspection(net::Client& client, Options options);

  void ask(std::string_view token, const verifier::Pending& pending, Then then) override;

 private:
  net::Client& client_;
  Options options_;
  std::string authorization_;
  std::shared_ptr<std::size_t> under_way_;
};

// The answer in an introspection response (RFC 7662 2.2): `active` decides, anything else is
// nothing.
verifier::Answer read_answer(const Result<net::Response>& response);

}  // namespace rescind::strategy
