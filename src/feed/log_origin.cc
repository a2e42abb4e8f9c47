#include "feed/log_origin.h"

namespace rescind::feed {

LogOrigin::LogOrigin(Options options, BatchLog& log, std::shared_ptr<const jwt::SigningKey> key,
                     OnReport on_report)
    : options_(std::move(options)),
      log_(log),
      key_(std::move(key)),
      on_report_(std::move(on_report)) {}

void LogOrigin::batches_after(Position after, Then<std::vector<std::string>> then) {
  auto batches = log_.read_after(after, options_.batches_per_answer);
  if (!batches) return then(std::unexpected(std::move(batches).error()));
  std::vector<std::string> words;
  words.reserve(batches->size());
  for (auto& batch : *batches) words.push_back(std::move(batch.jws));
  then(std::move(words));
}

void LogOrigin::snapshot(Then<Snapshot> then) { then(log_.snapshot()); }

void LogOrigin::heartbeat(Then<std::string> then) {
  then(heartbeat_of(log_, options_.issuer, options_.feed, *key_));
}

void LogOrigin::report(const Report& report, Then<void> then) {
  then(on_report_ ? on_report_(report) : Result<void>());
}

Result<std::string> heartbeat_of(BatchLog& log, std::string_view issuer, std::string_view feed,
                                 const jwt::SigningKey& key) {
  TRY_ASSIGN(const Head head, log.head());
  return seal(Heartbeat{.issuer = std::string(issuer),
                        .feed = std::string(feed),
                        .head = head.position,
                        .hash = head.hash,
                        .at = head.at},
              key);
}

}  // namespace rescind::feed
