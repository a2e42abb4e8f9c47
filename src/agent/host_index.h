#pragma once
// The index of a host as its one writer has it: a new region that first takes over what the one
// before it knew, and that readers find from when it is ready. Until then they keep the region of
// before, which grows stale by itself. Where there is none to keep, the new one is published at
// once: readers attach to it, hear "stale" until it is ready, and need not look for it again.
//
// Steppable; one thread, the index's writer.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "revocation/index.h"
#include "revocation/shared_file.h"

namespace rescind::agent {

class HostIndex {
 public:
  struct Options {
    revocation::SharedFile::Options file;
    std::size_t max_entries = revocation::Index::Options{}.max_entries;
  };
  // Joins the entries of the region at the path to a new one: a tenth of a second for each million.
  // What stands there and is no index, or a damaged one, is to be replaced; the log says so.
  // kConflict: another agent lives. kUnauthorized: the file is somebody else's. kUnavailable,
  // kExhausted: no room in shared memory. `random` is used here only; `log` outlives it.
  static Result<std::unique_ptr<HostIndex>> open(const Options& options, Random& random, Log& log);

  revocation::Index& index() { return *index_; }
  const revocation::Index& index() const { return *index_; }
  // The text of Index::set_keys in the region before; empty where there was none.
  const std::string& earlier_keys() const { return earlier_keys_; }

  // Publishes the region when it is time; afterwards looks now and then whether it is still there.
  // Returns when to be called again.
  BootTime step(Now now);
  bool published() const { return file_->published(); }
  // Empty while new readers find this region at the path (or, before it is published, may find the
  // one of before); else what is wrong.
  const std::string& problem() const { return problem_; }

 private:
  HostIndex(std::string path, std::unique_ptr<revocation::SharedFile> file,
            std::unique_ptr<revocation::Index> index, Log& log);
  void take_over(const std::shared_ptr<const revocation::IndexView>& earlier);
  void publish();
  void look();
  void set_problem(std::string problem);

  std::string path_;
  std::unique_ptr<revocation::SharedFile> file_;
  std::unique_ptr<revocation::Index> index_;
  Log& log_;
  bool waits_until_ready_ = false;  // since readers have something until then
  std::string earlier_keys_;
  std::string problem_;
};

}  // namespace rescind::agent
