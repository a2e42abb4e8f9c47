#include "revocation/shared_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "revocation/index_header.h"

namespace rescind::revocation {
namespace {

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
  return fail(ErrorCode::kUnavailable,
              "index file " + path + ": " + std::string(what) + ": " + std::strerror(errno));
}

// Files that a writer has made and not published: ".NAME.new-PID", beside the path.
std::string prefix_of(const std::filesystem::path& path) {
  return "." + path.filename().string() + ".new-";
}

// The region at `path`, if it is one of ours, writable. For a single word of its header.
class EarlierRegion {
 public:
  explicit EarlierRegion(const std::string& path) {
    if (!IndexView::attach(path)) return;  // not ours to tell, or nothing there
    const Descriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (file.get() < 0) return;
    void* const mapping =
        ::mmap(nullptr, sizeof(IndexHeader), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (mapping != MAP_FAILED) header_ = static_cast<IndexHeader*>(mapping);
  }
  ~EarlierRegion() {
    if (header_ != nullptr) ::munmap(header_, sizeof(IndexHeader));
  }
  EarlierRegion(const EarlierRegion&) = delete;
  EarlierRegion& operator=(const EarlierRegion&) = delete;

  void supersede() {
    if (header_ != nullptr) header_->superseded.store(1, std::memory_order_release);
  }

 private:
  IndexHeader* header_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<SharedFile>> SharedFile::open(Options options) {
  const std::string path = options.path + ".lock";
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (lock.get() < 0) return failed("open its lock", path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
    return std::unique_ptr<SharedFile>(new SharedFile(std::move(options), std::move(lock)));
  }
  if (errno != EWOULDBLOCK) return failed("lock", path);
  return fail(ErrorCode::kConflict, "another agent writes the index " + options.path +
                                        "; one writes for a host, all others read");
}

SharedFile::~SharedFile() {
  if (!made_.empty() && !published_) ::unlink(made_.c_str());
}

// No other writer lives: the lock is ours.
void SharedFile::remove_leftovers() const {
  const std::filesystem::path path(options_.path);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const std::string prefix = prefix_of(path);
  std::error_code error;  // what cannot be listed or removed costs memory, nothing else
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    if (entry->path().filename().string().starts_with(prefix)) ::unlink(entry->path().c_str());
    entry.increment(error);
  }
}

Result<std::shared_ptr<Mapping>> SharedFile::create(std::size_t bytes) {
  remove_leftovers();
  const std::filesystem::path path(options_.path);
  const std::string made =
      (path.parent_path() / (prefix_of(path) + std::to_string(::getpid()))).string();
  TRY_ASSIGN(std::unique_ptr<Mapping> mapping, Mapping::create_file(made, bytes));
  made_ = made;
  return std::shared_ptr<Mapping>(std::move(mapping));
}

Result<void> SharedFile::publish() {
  if (options_.group && (::chown(made_.c_str(), static_cast<uid_t>(-1), *options_.group) != 0 ||
                         ::chmod(made_.c_str(), S_IRUSR | S_IWUSR | S_IRGRP) != 0)) {
    return failed("give it to the readers' group", made_);
  }
  EarlierRegion earlier(options_.path);
  if (::rename(made_.c_str(), options_.path.c_str()) != 0) return failed("publish", options_.path);
  published_ = true;
  // After the rename: who sees it finds the new one at the path.
  earlier.supersede();
  return {};
}

}  // namespace rescind::revocation
