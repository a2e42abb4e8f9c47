#pragma once
// The settings of `rescind authority`, as one table (daemon/config.h): file, environment, `config
// show` and the JSON Schema come from it.

#include <cstdint>
#include <string>
#include <vector>

#include "authority/options.h"
#include "daemon/config.h"
#include "transport/poll_access.h"

namespace rescind::cli {

// An identity provider that the company already has.
struct TrustedIssuerConfig {
  std::string url;
  std::string session_claim = "sid";
  std::vector<std::string> revocable_claims;
  Milliseconds longest_lifetime{3'600'000};
  Milliseconds longest_session{30LL * 86'400'000};
};

struct AuthorityConfig {
  std::int64_t version = 1;
  std::string public_listen = "127.0.0.1:8480";
  std::string admin_listen = "127.0.0.1:8481";
  std::string tls_certificate;  // PEM files; both or neither
  std::string tls_key;
  std::string store = "sqlite:rescind.db";
  std::string master_key_file = "master.key";
  std::string feed_key_file = "feed.pem";
  Milliseconds heartbeat{1000};
  Milliseconds canary{10'000};
  std::vector<std::string> transports;  // brokers that carry the feed too
  std::vector<std::string> requests;    // brokers where services put signed requests
  Milliseconds retention{3'600'000};
  bool cut_on_history_lost = true;
  Milliseconds take_back_within{3'000};  // of a lost history's batches
  std::string log_format = "text";
  std::string log_level = "info";
  std::vector<TrustedIssuerConfig> trusted_issuers;
  authority::Options authority;

  std::int64_t logins_per_account = 10;  // a minute
  std::int64_t logins_per_address = 60;
  std::int64_t password_threads = 1;

  // What the table holds in its own unit and `authority` in another.
  Milliseconds access_ttl{900'000};
  Milliseconds refresh_ttl{30LL * 86'400'000};
  Milliseconds rotate_every{30LL * 86'400'000};
};

void describe(daemon::Schema& schema, AuthorityConfig& config);

// Puts what was loaded where it belongs, and checks what one setting alone cannot say: kInvalid.
Result<void> complete(AuthorityConfig& config);
// To one of the feed's brokers, for its transport or its request topic.
transport::FeedAccess access_of(const AuthorityConfig& config, const std::string& url);

}  // namespace rescind::cli
