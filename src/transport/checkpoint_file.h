#pragma once
// A follower's checkpoint as a file, replaced atomically and durably: written beside it, flushed to
// the disk, renamed over it, the folder flushed. Readable by its owner only. Blocking; one thread,
// and one process a file.

#include <string>

#include "feed/ports.h"

namespace rescind::transport {

class CheckpointFile final : public feed::Checkpoint {
 public:
  // The file need not exist; its folder does.
  explicit CheckpointFile(std::string path) : path_(std::move(path)) {}

  // kUnavailable where the file cannot be read, kTooLarge past `kMaxBytes`.
  Result<std::optional<std::string>> load() override;
  // kUnavailable: no room, no right; what was there before still is.
  Result<void> save(std::string_view blob) override;

  static constexpr std::size_t kMaxBytes = std::size_t{8} << 30U;

 private:
  std::string path_;
};

}  // namespace rescind::transport
