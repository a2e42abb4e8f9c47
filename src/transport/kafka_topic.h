#pragma once
// Whether a topic is what a feed needs: one partition, kept by time and not compacted, for as long
// as the feed is kept, with room for the largest word. What is wrong is said with the command that
// mends it. Topics are never made from here. Blocking, seconds at most.

#include <string>
#include <vector>

#include "transport/kafka_client.h"

namespace rescind::transport {

// What makes both topics.
std::vector<std::string> kafka_plan(const KafkaAccess& access);
// What makes the topic of signed requests that this access names.
std::vector<std::string> kafka_requests_plan(const KafkaAccess& access);

// kInvalid: refused, with the command. kUnavailable, kTimeout, …: the broker could not be asked.
// Where it does not let us read a topic's settings (an ACL), that is logged and passed over.
Result<void> check_feed_topic(KafkaClient& client, const KafkaAccess& access);
// The same for the snapshots beside it. False: there is no such topic, and the command is logged.
Result<bool> check_snapshot_topic(KafkaClient& client, const KafkaAccess& access);

// The same as for the feed's, of a topic for signed requests of so many bytes.
Result<void> check_requests_topic(KafkaClient& client, const KafkaAccess& access,
                                  std::size_t max_bytes);

}  // namespace rescind::transport
