#pragma once
// A range of addresses with memory behind it: private to the process, or a file in /dev/shm that
// one process writes and others map read-only. Closed by its destructor; thread-safe once made.
//
// Such a file is believed like the process's own memory, so who may have written it is checked
// before anything in it is: its owner has to be root, this process's user, or the one that the
// caller names, and nobody else may write it.

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"

namespace rescind::revocation {

class Mapping {
 public:
  static constexpr std::size_t kPageBytes = 4096;

  // Private memory: addresses alone, until extend() puts memory behind them. Aligned to huge pages.
  // kExhausted.
  static Result<std::unique_ptr<Mapping>> reserve(std::size_t bytes);
  // A new file of this size, without memory behind it, that only this user may open; never one that
  // was there (kConflict). kUnavailable.
  static Result<std::unique_ptr<Mapping>> create_file(const std::string& path, std::size_t bytes);
  // A whole file, read-only. kNotFound; kUnauthorized for one of another owner, that others may
  // write, or that is no regular file; kCorrupt for one of less than `at_least` bytes.
  static Result<std::unique_ptr<Mapping>> attach_file(const std::string& path, std::size_t at_least,
                                                      std::optional<uid_t> owner = std::nullopt);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::byte* base() const { return base_; }
  std::size_t size() const { return size_; }

  // Puts zeroed memory behind the addresses up to `end` bytes: writing there cannot fail any more.
  // kExhausted: nothing changed.
  Result<void> extend(std::size_t end);
  // A file keeps the memory that it has: a reader in another process that still looks at what was
  // given back must not be the one for whom there is no page left.
  bool keeps_memory() const { return file_ >= 0; }
  // Whole pages that are not needed for now: they read as zeros from now on. Private memory goes
  // back to the system.
  void drop(std::size_t begin, std::size_t bytes);

 private:
  Mapping(void* mapping, std::size_t mapped, std::byte* base, std::size_t size, int file)
      : mapping_(mapping), mapped_(mapped), base_(base), size_(size), file_(file) {}

  void* mapping_;
  std::size_t mapped_;
  std::byte* base_;
  std::size_t size_;
  int file_;  // -1: none
  std::size_t usable_ = 0;
};

}  // namespace rescind::revocation
