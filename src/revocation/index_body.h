#pragma once
// What an Index owns; seen by index.cc only.

#include "base/mutex.h"
#include "revocation/index.h"
#include "revocation/index_header.h"
#include "revocation/purge_time.h"
#include "revocation/region.h"
#include "revocation/shards.h"

namespace rescind::revocation {

struct Index::Body {
  static Result<std::unique_ptr<Body>> open(Random& random, const Options& options);

  Options options;
  std::shared_ptr<Mapping> memory;
  std::unique_ptr<Region> region;
  IndexHeader* header = nullptr;  // at the region's start
  std::unique_ptr<Shards<kPlainWords>> plain;
  std::unique_ptr<Shards<kCutWords>> cut;
  std::unique_ptr<DocumentWriter> rules_document;
  std::unique_ptr<DocumentWriter> keys_document;
  std::shared_ptr<const IndexView> view;

  // The writer's.
  FeedState state;
  PurgeTime purge_time;
  bool sweeping_cuts = false;

  mutable Mutex mutex;
  std::shared_ptr<const Rules> rules GUARDED_BY(mutex);

  void publish_figures();
  void publish_purge_time();
  void count_change(bool of_a_cut);
  Result<void> check_room() const;
  // The first until that is kept at the purge time.
  std::uint32_t first_kept() const;
  Result<bool> apply_plain(const Entry& entry);
  Result<bool> apply_cut(const Entry& entry);
};

}  // namespace rescind::revocation
