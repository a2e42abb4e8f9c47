#pragma once
// An origin that is a log in the same process: for the authority's own follower. Answers at once,
// inside the question. One thread; what it is given outlives it.

#include <functional>
#include <memory>
#include <string>

#include "feed/ports.h"

namespace rescind::feed {

class LogOrigin final : public Origin {
 public:
  struct Options {
    std::string issuer;
    std::string feed;
    std::size_t batches_per_answer = 256;
  };
  using OnReport = std::function<Result<void>(const Report&)>;

  // `key` signs heartbeats. `on_report` may be empty: then reports are taken and forgotten.
  LogOrigin(Options options, BatchLog& log, std::shared_ptr<const jwt::SigningKey> key,
            OnReport on_report);

  void batches_after(Position after, Then<std::vector<std::string>> then) override;
  void snapshot(Then<Snapshot> then) override;
  void heartbeat(Then<std::string> then) override;
  void report(const Report& report, Then<void> then) override;

 private:
  Options options_;
  BatchLog& log_;
  std::shared_ptr<const jwt::SigningKey> key_;
  OnReport on_report_;
};

// The heartbeat that says what the log's head is.
Result<std::string> heartbeat_of(BatchLog& log, std::string_view issuer, std::string_view feed,
                                 const jwt::SigningKey& key);

}  // namespace rescind::feed
