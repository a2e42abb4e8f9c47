#include "transport/nats_stream.h"

#include <chrono>

#include "feed/batch.h"
#include "transport/broker_snapshot.h"

namespace rescind::transport {
namespace {

// Some of the largest words.
constexpr std::int64_t kMinFeedBytes = 16 * static_cast<std::int64_t>(feed::kMaxBatchBytes);
// Some of the largest segments: fewer hold no snapshot at all.
constexpr std::int64_t kMinSnapshotBytes = std::int64_t{16} << 20U;

// NATS' own client, which whoever runs a server has.
std::string command(const NatsAccess& access, const std::string& rest) {
  return "nats --server nats://" + access.hosts.front() + " stream " + rest;
}

std::string age_of(const NatsAccess& access) {
  return "--max-age=" +
         std::to_string(std::chrono::ceil<std::chrono::seconds>(access.retention).count()) + "s";
}

class Check {
 public:
  Check(const NatsAccess& access, const NatsNeed& need) : access_(access), need_(need) {}

  Result<void> unless(bool good, const std::string& why, const std::string& setting) const {
    if (good) return {};
    return refused(why, command(access_, "edit " + need_.name + " " + setting + " --force"));
  }
  // For what no stream can be changed in.
  Result<void> unless_made_so(bool good, const std::string& why) const {
    if (good) return {};
    return refused(why, command(access_, "rm " + need_.name + " --force") + " && " +
                            add_command(access_, need_));
  }

 private:
  std::unexpected<Error> refused(const std::string& why, const std::string& by) const {
    return fail(ErrorCode::kInvalid,
                "nats stream '" + need_.name + "' " + why + "; mend it by: " + by);
  }
  const NatsAccess& access_;
  const NatsNeed& need_;
};

bool is_limit(std::int64_t limit) { return limit > 0; }

}  // namespace

NatsNeed feed_need(const NatsAccess& access) {
  return {.name = access.stream(),
          .subjects = access.subject,
          .message_bytes = feed::kMaxBatchBytes,
          .bytes = kMinFeedBytes};
}

NatsNeed snapshot_need(const NatsAccess& access) {
  return {.name = access.snapshot_stream(),
          .subjects = access.snapshot_subjects(),
          .message_bytes = kBrokerChunkBytes,
          .bytes = kMinSnapshotBytes};
}

NatsNeed requests_need(const NatsAccess& access, std::size_t max_bytes) {
  return {.name = access.stream(),
          .subjects = access.subject,
          .message_bytes = max_bytes,
          .bytes = kMinFeedBytes};
}

std::string add_command(const NatsAccess& access, const NatsNeed& need) {
  return command(access, "add " + need.name + " --subjects='" + need.subjects +
                             "' --storage=file --retention=limits --discard=old " + age_of(access) +
                             " --defaults");
}

std::vector<std::string> nats_plan(const NatsAccess& access) {
  return {add_command(access, feed_need(access)), add_command(access, snapshot_need(access))};
}

std::vector<std::string> nats_requests_plan(const NatsAccess& access) {
  return {add_command(access, requests_need(access, 0))};
}

Result<void> check_nats_stream(const NatsAccess& access, const NatsNeed& need,
                               const NatsStream& stream) {
  const Check check(access, need);
  TRY(check.unless_made_so(stream.keeps_by_limits,
                           "lets messages go once they are read, or nobody is there to"));
  TRY(check.unless_made_so(stream.on_disk, "is kept in memory, and empty after a restart"));
  TRY(check.unless_made_so(!stream.sealed, "is sealed"));
  TRY(check.unless(stream.confirms, "confirms nothing", "--ack"));
  TRY(check.unless(stream.subjects == std::vector{need.subjects},
                   "is of other subjects than '" + need.subjects + "'",
                   "--subjects='" + need.subjects + "'"));
  TRY(check.unless(stream.discards_old, "refuses what is new when it is full", "--discard=old"));
  const bool long_enough = stream.max_age.count() <= 0 || stream.max_age >= access.retention;
  TRY(check.unless(long_enough,
                   "keeps messages for " + std::to_string(stream.max_age.count()) +
                       " ms, less than " + std::to_string(access.retention.count()),
                   age_of(access)));
  TRY(check.unless(!is_limit(stream.max_messages), "keeps a number of messages, not a time",
                   "--max-msgs=-1"));
  TRY(check.unless(!is_limit(stream.max_messages_of_a_subject),
                   "keeps a number of messages of a subject, not a time",
                   "--max-msgs-per-subject=-1"));
  TRY(check.unless(!is_limit(stream.max_bytes) || stream.max_bytes >= need.bytes,
                   "keeps no more than " + std::to_string(stream.max_bytes) + " bytes",
                   "--max-bytes=-1"));
  const bool large_enough = !is_limit(stream.max_message_bytes) ||
                            std::cmp_greater_equal(stream.max_message_bytes, need.message_bytes);
  return check.unless(large_enough,
                      "takes no messages of " + std::to_string(need.message_bytes) + " bytes",
                      "--max-msg-size=-1");
}

Result<void> check_nats_payload(const NatsNeed& need, std::int64_t max_payload) {
  if (std::cmp_greater_equal(max_payload, need.message_bytes)) return {};
  return fail(ErrorCode::kInvalid, "the nats server takes no messages of " +
                                       std::to_string(need.message_bytes) +
                                       " bytes; set in its configuration: max_payload: 1MB");
}

}  // namespace rescind::transport
