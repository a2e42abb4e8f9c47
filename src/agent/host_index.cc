#include "agent/host_index.h"

#include <utility>
#include <vector>

#include "revocation/load.h"

namespace rescind::agent {
namespace {

using revocation::Index;
using revocation::IndexView;
using revocation::SharedFile;

constexpr std::size_t kLoadedTogether = 4'096;
constexpr Milliseconds kLookForReadiness{5};
constexpr Milliseconds kPublishAgain{1'000};
constexpr Milliseconds kLookAtPath{1'000};

// The region that is to be taken over; null where there is none.
Result<std::shared_ptr<const IndexView>> earlier_region(const std::string& path, Log& log) {
  auto earlier = IndexView::attach(path);
  if (earlier) return *earlier;
  if (earlier.error().code == ErrorCode::kNotFound) return nullptr;
  if (earlier.error().code == ErrorCode::kCorrupt) {
    log.warning("the index file is replaced", {{"why", earlier.error().message}});
    return nullptr;
  }
  return fail(earlier.error().code,
              earlier.error().message + "; remove it, or choose another path");
}

}  // namespace

HostIndex::HostIndex(std::string path, std::unique_ptr<SharedFile> file,
                     std::unique_ptr<Index> index, Log& log)
    : path_(std::move(path)), file_(std::move(file)), index_(std::move(index)), log_(log) {}

Result<std::unique_ptr<HostIndex>> HostIndex::open(const Options& options, Random& random,
                                                   Log& log) {
  const std::string& path = options.file.path;
  TRY_ASSIGN(auto file, SharedFile::open(options.file));
  TRY_ASSIGN(const auto earlier, earlier_region(path, log));
  TRY_ASSIGN(auto memory, file->create(Index::reserved_bytes(options.max_entries)));
  TRY_ASSIGN(auto index, Index::create(random, {.max_entries = options.max_entries,
                                                .memory = std::move(memory)}));
  std::unique_ptr<HostIndex> made(new HostIndex(path, std::move(file), std::move(index), log));
  made->waits_until_ready_ = earlier != nullptr;
  if (earlier) made->take_over(earlier);
  return made;
}

// Nobody writes there any more: the lock is ours. What was purged stays so: the purge time comes
// first. What does not fit is no loss, for the feed has it too, and has to find room for it.
void HostIndex::take_over(const std::shared_ptr<const IndexView>& earlier) {
  index_->raise_purge_time(earlier->purge_time());
  std::size_t plain = 0;  // counted, since a damaged file may say anything
  earlier->for_each([&plain](const revocation::Entry& entry) { plain += entry.cut ? 0 : 1; });
  Result<void> taken = index_->reserve(plain);
  std::vector<revocation::Entry> some;
  const auto load_some = [&] {
    if (taken) taken = revocation::load_entries(*index_, some);
    some.clear();
  };
  earlier->for_each([&](const revocation::Entry& entry) {
    some.push_back(entry);
    if (some.size() == kLoadedTogether) load_some();
  });
  load_some();
  if (!taken) {
    log_.warning("the index before is not taken over whole", {{"why", taken.error().message}});
  }
  earlier_keys_ = Index::Reader(earlier).keys().value_or("");
  log_.info("the index before is taken over", {{"revocations", index_->entries()}});
}

BootTime HostIndex::step(Now now) {
  if (published()) {
    look();
    return now.boot + kLookAtPath;
  }
  if (waits_until_ready_ && !index_->state().ready) return now.boot + kLookForReadiness;
  publish();
  return now.boot + (published() ? kLookAtPath : kPublishAgain);
}

void HostIndex::publish() {
  const auto done = file_->publish();
  set_problem(done ? "" : done.error().message);
  if (done) log_.info("the index is published", {{"path", path_}});
}

// Readers that are attached have it for good, whoever removes the file; new ones would find none.
void HostIndex::look() {
  const auto there = IndexView::attach(path_);
  if (!there) return set_problem(there.error().message + "; start the agent again");
  const bool ours = (*there)->name() == index_->view()->name();
  set_problem(ours ? "" : "another index stands at " + path_ + "; start the agent again");
}

void HostIndex::set_problem(std::string problem) {
  if (problem == problem_) return;
  problem_ = std::move(problem);
  if (problem_.empty()) return log_.info("the index is found again");
  log_.error("new readers do not find this index", {{"why", problem_}});
}

}  // namespace rescind::agent
