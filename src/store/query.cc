#include "store/query.h"

#include <algorithm>

namespace rescind::store {

Result<Digest> Query::digest(int column) const {
  const ByteView bytes = blob(column);
  Digest digest;
  if (bytes.size() != digest.size()) return damaged("a digest of the wrong size");
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

std::unexpected<Error> Query::damaged(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "the database holds " + std::string(what));
}

}  // namespace rescind::store
