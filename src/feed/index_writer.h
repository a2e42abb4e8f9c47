#pragma once
// What a follower writes into its index: entries of the issuers that its feed may revoke, and the
// rules of those alone, so that no verifier looks for others here, whatever a snapshot (which holds
// keys without names) brings along. One thread, the index's writer.

#include <memory>
#include <string>
#include <vector>

#include "feed/batch.h"
#include "revocation/index.h"

namespace rescind::feed {

class IndexWriter {
 public:
  // `may_revoke`: empty for every issuer.
  IndexWriter(revocation::Index& index, std::vector<std::string> may_revoke)
      : index_(index), may_revoke_(std::move(may_revoke)) {}

  struct Joined {
    std::size_t entries = 0;   // of issuers that may be revoked here
    std::size_t left_out = 0;  // of others
  };
  // kExhausted: the index is full, some of it may be in.
  Result<Joined> join(const Batch& batch);
  Result<void> join(const std::vector<revocation::Entry>& entries);
  // Of a checkpoint; kCorrupt too: a segment is none, some of it may be in.
  Result<void> join_segments(const std::vector<std::string>& segments);
  Result<void> set_rules(const std::shared_ptr<const revocation::Rules>& rules);

  revocation::Index& index() { return index_; }

 private:
  bool may_revoke(std::string_view issuer) const;

  revocation::Index& index_;
  std::vector<std::string> may_revoke_;
};

}  // namespace rescind::feed
