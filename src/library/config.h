#pragma once
// What a Verifier is opened with: the JSON of docs/library.md, read strictly. Pure but for the
// files that it names.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "issuer/issuers.h"
#include "transport/poll_access.h"
#include "verifier/options.h"

namespace rescind::library {

struct SharedConfig {
  std::vector<std::string> paths;  // one a feed, each once; issuer::IssuerOptions::index is a place
  std::optional<uid_t> owner;      // whom to believe beside root and this user
};

struct FeedConfig {
  transport::FeedAccess access;  // its tls comes of `authorities`
  std::string authorities;       // PEM; empty: the system's
  std::string issuer;            // the authority's
  std::string name = "default";  // the feed's
  std::string keys;              // a JWKS; empty: from the authority
  std::string checkpoint;        // a file; empty: none
  std::string follower;          // in receipts
};

// Exactly one of `shared` and `feed` is there.
struct Config {
  std::optional<SharedConfig> shared;
  std::optional<FeedConfig> feed;
  std::vector<issuer::IssuerOptions> issuers;
  verifier::Options verify;
};

// kInvalid, naming the member.
Result<Config> parse_config(std::string_view json);

}  // namespace rescind::library
