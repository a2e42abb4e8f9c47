#include "revocation/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "base/descriptor.h"

namespace rescind::revocation {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20U;
// Private addresses become memory by steps of this, so that a system without overcommit counts only
// what is used.
constexpr std::size_t kPrivateStepBytes = std::size_t{32} << 20U;
// A file's memory is taken when it is asked for: a small index is to stay small.
constexpr std::size_t kFileStepBytes = std::size_t{1} << 20U;

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

std::unexpected<Error> failed(ErrorCode code, std::string_view what, const std::string& path) {
  return fail(code, "index file " + path + ": " + std::string(what) + ": " + std::strerror(errno));
}

Result<void> check_owner(const struct stat& status, const std::string& path,
                         std::optional<uid_t> owner) {
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kUnauthorized, "index file " + path + " is no regular file");
  }
  if (status.st_uid != 0 && status.st_uid != geteuid() && status.st_uid != owner) {
    return fail(ErrorCode::kUnauthorized,
                "index file " + path + " belongs to user " + std::to_string(status.st_uid) +
                    ", who is neither root nor the one that runs this nor the configured owner");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorCode::kUnauthorized,
                "index file " + path + " may be written by others than its owner (chmod go-w)");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Mapping>> Mapping::reserve(std::size_t bytes) {
  const std::size_t size = round_up(std::max(bytes, kPrivateStepBytes), kPrivateStepBytes);
  const std::size_t mapped = size + kHugePageBytes;
  void* const mapping =
      mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    return fail(ErrorCode::kExhausted, "no " + std::to_string(mapped >> 20U) +
                                           " MiB of addresses for the index; is there a limit on "
                                           "address space (ulimit -v)?");
  }
  const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(mapping) % kHugePageBytes;
  auto* const base =
      static_cast<std::byte*>(mapping) + (misaligned == 0 ? 0 : kHugePageBytes - misaligned);
  return std::unique_ptr<Mapping>(new Mapping(mapping, mapped, base, size, -1));
}

Result<std::unique_ptr<Mapping>> Mapping::create_file(const std::string& path, std::size_t bytes) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) {
    return failed(errno == EEXIST ? ErrorCode::kConflict : ErrorCode::kUnavailable, "create", path);
  }
  const std::size_t size = round_up(bytes, kPageBytes);
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    const auto error = failed(ErrorCode::kUnavailable, "set its size", path);
    ::unlink(path.c_str());
    return error;
  }
  void* const mapping = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (mapping == MAP_FAILED) {
    const auto error = failed(ErrorCode::kExhausted, "map", path);
    ::unlink(path.c_str());
    return error;
  }
  madvise(mapping, size, MADV_HUGEPAGE);  // where the system gives none, all works, slower
  return std::unique_ptr<Mapping>(
      new Mapping(mapping, size, static_cast<std::byte*>(mapping), size, file.release()));
}

Result<std::unique_ptr<Mapping>> Mapping::attach_file(const std::string& path, std::size_t at_least,
                                                      std::optional<uid_t> owner) {
  // Not blocking: somebody may have put a pipe there.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) {
    const ErrorCode code = errno == ENOENT                     ? ErrorCode::kNotFound
                           : errno == EACCES || errno == ELOOP ? ErrorCode::kUnauthorized
                                                               : ErrorCode::kUnavailable;
    return failed(code, "open", path);
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed(ErrorCode::kUnavailable, "stat", path);
  TRY(check_owner(status, path, owner));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < at_least || size % kPageBytes != 0) {
    return fail(ErrorCode::kCorrupt, "index file " + path + " is cut off or no index");
  }
  void* const mapping = mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_NORESERVE, file.get(), 0);
  if (mapping == MAP_FAILED) return failed(ErrorCode::kExhausted, "map", path);
  return std::unique_ptr<Mapping>(
      new Mapping(mapping, size, static_cast<std::byte*>(mapping), size, -1));
}

Mapping::~Mapping() {
  munmap(mapping_, mapped_);
  if (file_ >= 0) ::close(file_);
}

Result<void> Mapping::extend(std::size_t end) {
  if (end <= usable_) return {};
  CHECK(end <= size_);
  if (file_ >= 0) {
    // By a sixteenth at least: a large index does not ask for each megabyte.
    const std::size_t step = round_up(std::max(kFileStepBytes, usable_ / 16), kPageBytes);
    const std::size_t target = std::min(std::max(end, usable_ + step), size_);
    const int error =
        ::posix_fallocate(file_, static_cast<off_t>(usable_), static_cast<off_t>(target - usable_));
    if (error != 0) {
      return fail(ErrorCode::kExhausted, std::string("no more shared memory for the index: ") +
                                             std::strerror(error) +
                                             "; /dev/shm may have to be larger");
    }
    // All at once, rather than a fault a page while entries are applied; where the system cannot,
    // it is those faults.
    madvise(base_ + usable_, target - usable_, MADV_POPULATE_WRITE);
    usable_ = target;
    return {};
  }
  const std::size_t target = std::min(round_up(end, kPrivateStepBytes), size_);
  if (mprotect(base_ + usable_, target - usable_, PROT_READ | PROT_WRITE) != 0) {
    return fail(ErrorCode::kExhausted, "the system has no more memory for the index");
  }
  // The first megabytes are left to ordinary pages: a small index is to stay small.
  const std::size_t first_huge = std::max(usable_, kHugePageBytes);
  madvise(base_ + first_huge, target - first_huge, MADV_HUGEPAGE);
  usable_ = target;
  return {};
}

void Mapping::drop(std::size_t begin, std::size_t bytes) {
  if (file_ >= 0) {
    std::memset(base_ + begin, 0, bytes);
  } else {
    CHECK(madvise(base_ + begin, bytes, MADV_DONTNEED) == 0);
  }
}

}  // namespace rescind::revocation
