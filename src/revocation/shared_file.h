#pragma once
// The file at which the processes of a host find an index: one writer at a time, and never a file
// that is half made. A new writer makes its region beside the path, fills it, and publishes it in
// one step; readers of the region before go on with that until they see that it is superseded
// (IndexView::superseded) and attach anew. Nothing is taken over from a region that somebody may
// have died in; its entries are joined to the new one by who wants to (IndexView::for_each).
//
//   TRY_ASSIGN(auto file, SharedFile::open({.path = "/dev/shm/rescind.index"}));
//   TRY_ASSIGN(auto memory, file->create(Index::reserved_bytes(max)));
//   TRY_ASSIGN(auto index, Index::create(random, {.max_entries = max, .memory = memory}));
//   … fill it …
//   TRY(file->publish());
//
// One thread. What was published stays when this ends: its readers grow stale by themselves.

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "revocation/mapping.h"

namespace rescind::revocation {

class SharedFile {
 public:
  struct Options {
    std::string path;
    std::optional<gid_t> group;  // may read it; none: this user alone
  };
  // Holds the lock of the path (a file beside it, ".lock") until its end; the system lets go of it
  // for a writer that was killed. kConflict where another writer lives; kUnavailable.
  static Result<std::unique_ptr<SharedFile>> open(Options options);
  // Removes what was created and not published.
  ~SharedFile();
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  // A new file beside the path, seen by nobody; removes those that killed writers have left. Once.
  Result<std::shared_ptr<Mapping>> create(std::size_t bytes);
  // Puts it at the path, and tells the readers of the one before. kUnavailable: nothing changed.
  Result<void> publish();
  bool published() const { return published_; }

 private:
  SharedFile(Options options, Descriptor lock)
      : options_(std::move(options)), lock_(std::move(lock)) {}
  void remove_leftovers() const;

  Options options_;
  Descriptor lock_;
  std::string made_;  // the new file's path; empty: none
  bool published_ = false;
};

}  // namespace rescind::revocation
