#pragma once
// Where a feed lies on RabbitMQ, as its URL says it:
//
//   amqp://[user:password@]host[:port][/QUEUE][?option=value&…]      (amqps:// over TLS)
//
// Options: `vhost` (default /), `password_file`, and for TLS `cacertfile` (default: the system's
// authorities), `certfile` and `keyfile`, each a file's path. Values; reads the password's file,
// else pure.

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "transport/poll_access.h"
#include "transport/request_topic.h"

namespace rescind::transport {

struct AmqpAccess {
  std::string host;
  std::uint16_t port = 5672;
  std::string user = "guest";
  Secret password{"guest"};
  std::string vhost = "/";
  std::string queue;
  bool tls = false;
  std::string ca_file;           // empty: the system's authorities
  std::string certificate_file;  // ours, for a broker that asks for one; with key_file
  std::string key_file;
  Milliseconds retention{3'600'000};  // of the feed
  Milliseconds longest_silence{5000};
  Milliseconds answer_within{3000};

  std::string snapshot_queue() const { return queue + ".snapshot"; }
  // The queue for signed requests beside it.
  AmqpAccess requests() const {
    AmqpAccess beside = *this;
    beside.queue += kRequestsSuffix;
    beside.retention = kRequestsRetention;
    return beside;
  }

  // kInvalid: no such URL, an option that is none of those, a queue's name that we do not take, or
  // a password that would go over the network in the clear (unless access.insecure). Messages
  // repeat no values.
  static Result<AmqpAccess> parse(const FeedAccess& access);
};

}  // namespace rescind::transport
