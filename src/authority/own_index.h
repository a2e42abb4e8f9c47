#pragma once
// The authority's own follower: its log, read from the store, into an index as everybody's. What
// the authority says of a token (introspection, its own bearer tokens) it reads here, and only
// after the index has reached the log's head: so a revocation that was acknowledged, by whichever
// node, holds. One thread, the loop's. catch_up() costs a point read where nothing has happened.

#include <memory>

#include "authority/reads.h"
#include "base/log.h"
#include "base/random.h"
#include "feed/follower.h"
#include "feed/log_origin.h"
#include "jwt/signing_key.h"
#include "revocation/index.h"

namespace rescind::authority {

class OwnIndex {
 public:
  struct Options {
    std::string issuer;
    std::string feed;
  };
  // Everything that it is given by reference outlives it.
  static Result<std::unique_ptr<OwnIndex>> open(const Options& options, Reads& reads,
                                                std::shared_ptr<const jwt::SigningKey> key,
                                                Random& random, Log& log);

  // Until the index holds all up to a head that was read within this call. kUnavailable: the store
  // cannot be read now.
  Result<void> catch_up(Now now);
  // What the follower has to do by itself, purging above all.
  BootTime step(Now now);

  const revocation::Index& index() const { return *index_; }
  feed::Position position() const { return follower_.position(); }

 private:
  OwnIndex(const Options& options, Reads& reads, std::shared_ptr<const jwt::SigningKey> key,
           std::unique_ptr<revocation::Index> index, Random& random, Log& log);
  Result<void> apply_next(Now now);
  Result<void> refresh(Now now);

  Options options_;
  Reads& reads_;
  std::shared_ptr<const jwt::SigningKey> key_;
  std::unique_ptr<revocation::Index> index_;
  feed::LogOrigin origin_;
  feed::Follower follower_;
};

}  // namespace rescind::authority
