#include "feed/index_writer.h"

#include <algorithm>

#include "revocation/load.h"

namespace rescind::feed {

bool IndexWriter::may_revoke(std::string_view issuer) const {
  return may_revoke_.empty() || std::ranges::find(may_revoke_, issuer) != may_revoke_.end();
}

Result<IndexWriter::Joined> IndexWriter::join(const Batch& batch) {
  Joined joined;
  for (const auto& one : batch.revocations) {
    if (!may_revoke(one.target.issuer)) {
      ++joined.left_out;
      continue;
    }
    TRY(index_.apply(revocation::entry_of(one)));
    ++joined.entries;
  }
  return joined;
}

Result<void> IndexWriter::join(const std::vector<revocation::Entry>& entries) {
  return revocation::load_entries(index_, entries);
}

Result<void> IndexWriter::join_segments(const std::vector<std::string>& segments) {
  return revocation::load_segments(index_, segments);
}

Result<void> IndexWriter::set_rules(const std::shared_ptr<const revocation::Rules>& rules) {
  if (rules == nullptr) return {};
  revocation::Rules allowed;
  for (const auto& issuer : rules->issuers) {
    if (may_revoke(issuer.issuer)) allowed.issuers.push_back(issuer);
  }
  return index_.set_rules(std::make_shared<const revocation::Rules>(std::move(allowed)));
}

}  // namespace rescind::feed
