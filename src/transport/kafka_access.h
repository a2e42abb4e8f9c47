#pragma once
// Where a feed lies on Kafka, as its URL says it:
//
//   kafka://[user:password@]host[:port][,host[:port]…]/TOPIC[?option=value&…]
//
// Options are librdkafka's own for TLS, SASL and sockets ("security.protocol", "sasl.mechanism",
// "ssl.ca.location", …); `sasl.password_file` and `ssl.key.password_file` name files that hold what
// no URL should. Values; reads those files, else pure.

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "transport/poll_access.h"
#include "transport/request_topic.h"

namespace rescind::transport {

struct KafkaAccess {
  std::string brokers;  // "host:port,host:port"
  std::string topic;
  std::vector<std::pair<std::string, Secret>> options;
  Milliseconds retention{3'600'000};  // of the feed
  Milliseconds longest_silence{5000};
  Milliseconds answer_within{3000};  // to a question, as what a topic's settings are

  std::string snapshot_topic() const { return topic + ".snapshot"; }
  // The topic for signed requests beside it.
  KafkaAccess requests() const {
    KafkaAccess beside = *this;
    beside.topic += kRequestsSuffix;
    beside.retention = kRequestsRetention;
    return beside;
  }

  // kInvalid: no such URL, an option that is none of those, a topic's name that Kafka does not
  // take, or a password that would go over the network in the clear (unless access.insecure).
  // Messages repeat no values.
  static Result<KafkaAccess> parse(const FeedAccess& access);
};

}  // namespace rescind::transport
