#pragma once
// Where a feed lies on NATS, as its URL says it:
//
//   nats://[user:password@]host[:port][,host[:port]…]/SUBJECT[?option=value&…]
//   nats+tls://…                                                    the same under TLS
//
// SUBJECT is `rescind.<feed>` by default. It is kept by the JetStream stream of the same name with
// '_' for '.', which NATS does not take in names of streams: rescind.eu lies in rescind_eu.
// Options: `password_file`, `credentials_file` (a user's JWT and key, as nsc writes them),
// `tls.ca`, `tls.cert` and `tls.key`, all of them paths. Values; reads password_file, else pure.

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "transport/poll_access.h"
#include "transport/request_topic.h"

namespace rescind::transport {

struct NatsAccess {
  std::vector<std::string> hosts;  // "host:port"
  bool tls = false;
  std::string user;  // empty: none
  Secret password;
  std::string credentials_file;
  std::string ca_file;  // empty: the system's authorities
  std::string certificate_file;
  std::string key_file;
  std::string subject;
  Milliseconds retention{3'600'000};  // of the feed
  Milliseconds answer_within{2'000};  // to connect, and to any question

  std::string stream() const;
  // The snapshot beside the batches: chunks and indexes, under two subjects in a stream of its own.
  std::string snapshot_stream() const { return stream() + "_snapshot"; }
  std::string chunk_subject() const { return subject + ".snapshot.chunk"; }
  std::string index_subject() const { return subject + ".snapshot.index"; }
  std::string snapshot_subjects() const { return subject + ".snapshot.*"; }
  // The stream and the subject for signed requests beside it.
  NatsAccess requests() const {
    NatsAccess beside = *this;
    beside.subject += kRequestsSuffix;
    beside.retention = kRequestsRetention;
    return beside;
  }

  // kInvalid: no such URL, an option that is none of those, a subject that a feed cannot have, or a
  // password that would go over the network in the clear (unless access.insecure). Messages repeat
  // no values.
  static Result<NatsAccess> parse(const FeedAccess& access);
};

}  // namespace rescind::transport
