#pragma once
// What the loop's thread reads of the store, over connections of its own: point reads that take
// microseconds. One thread.

#include <memory>

#include "store/database.h"
#include "store/repositories.h"
#include "store/store_log.h"

namespace rescind::authority {

class Reads {
 public:
  Reads(std::unique_ptr<store::Database> database, std::unique_ptr<store::StoreLog> log)
      : database_(std::move(database)), log_(std::move(log)) {}

  store::Accounts accounts() { return store::Accounts(*database_); }
  store::Clients clients() { return store::Clients(*database_); }
  store::Sessions sessions() { return store::Sessions(*database_); }
  store::SigningKeys signing_keys() { return store::SigningKeys(*database_); }
  store::Revocations revocations() { return store::Revocations(*database_); }
  store::StoreLog& log() { return *log_; }
  // Empty where nobody knows the token.
  Result<std::string> session_of_refresh_token(const Digest& hash) {
    TRY_ASSIGN(const auto token, store::RefreshTokens(*database_).by_hash(hash));
    return token ? token->session_id : std::string();
  }

  // The last committed head: read it before the first fact that a minting rests on.
  Result<store::Stamp> stamp() {
    TRY_ASSIGN(const feed::Head head, log_->head());
    return head.position;
  }

 private:
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::StoreLog> log_;
};

}  // namespace rescind::authority
