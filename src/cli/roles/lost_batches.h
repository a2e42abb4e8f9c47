#pragma once
// Where an authority looks for batches that it has lost: on the brokers that carry its feed. Each
// is asked, through its origin, for all that it keeps after a position; what it has is handed over
// whole. One thread, the loop's.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "feed/ports.h"
#include "transport/registry.h"

namespace rescind::cli {

class LostBatches {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20U;  // of one broker
  using Give = std::function<void(std::vector<std::string> words)>;

  LostBatches(Log& log, Give give) : log_(log), give_(std::move(give)) {}
  // kInvalid as Registry::origin.
  Result<void> add(const transport::Registry& registry, const transport::FeedAccess& broker,
                   const transport::Surroundings& surroundings);
  void ask(feed::Position after);

 private:
  struct Asked {
    std::vector<std::string> words;
    std::size_t bytes = 0;
  };
  void ask(feed::Origin& origin, feed::Position after, std::shared_ptr<Asked> asked);
  void take(feed::Origin& origin, const std::shared_ptr<Asked>& asked,
            Result<std::vector<std::string>> run);

  Log& log_;
  const Give give_;
  std::vector<std::unique_ptr<feed::Origin>> origins_;
};

}  // namespace rescind::cli
