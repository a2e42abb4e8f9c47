#pragma once
// Who may ask the authority for what: clients out of the configuration and out of the store. A
// secret is 256 random bits, so one SHA-256 of it is what is kept and compared, in constant time.
// The configured ones are immutable; thread-safe but for what is given a `Reads`.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "authority/options.h"
#include "authority/reads.h"
#include "base/bytes.h"
#include "base/result.h"
#include "jwt/key.h"
#include "store/transaction.h"

namespace rescind::authority {

class Roles {
 public:
  // kInvalid: a word that is no role.
  static Result<Roles> parse(std::string_view words);
  // An administrator may do all that any client may.
  bool may(Role role) const { return has(Role::kAdmin) || has(role); }
  void add(Role role) {
    bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(role));
  }
  std::string to_string() const;

 private:
  bool has(Role role) const { return (bits_ & static_cast<std::uint8_t>(role)) != 0; }
  std::uint8_t bits_ = 0;
};

struct KnownClient {
  std::string id;
  Roles roles;
  std::optional<Digest> secret_hash;  // none: public
  bool configured = false;
  std::shared_ptr<const jwt::KeySet> request_keys = nullptr;  // that sign its requests
};

class Clients {
 public:
  // kInvalid: an id twice, a role that does not exist, a public client with more than `login`.
  static Result<Clients> make(const Options& options);

  // Nothing where it is unknown or disabled.
  Result<std::optional<KnownClient>> find(std::string_view id, Reads& reads) const;
  // The client with this id and secret. kUnauthorized: there is none, it is disabled, or public.
  Result<KnownClient> authenticate(std::string_view id, std::string_view secret,
                                   Reads& reads) const;
  // Within a transaction: configured, or in the store and not disabled.
  Result<bool> is_enabled(store::Transaction& transaction, std::string_view id) const;
  // Null where it is not configured.
  const KnownClient* configured(std::string_view id) const {
    const auto place = configured_.find(id);
    return place == configured_.end() ? nullptr : &place->second;
  }
  bool is_configured(std::string_view id) const { return configured_.contains(id); }
  const std::string& public_client() const { return public_client_; }

 private:
  std::map<std::string, KnownClient, std::less<>> configured_;
  std::string public_client_;
};

}  // namespace rescind::authority
