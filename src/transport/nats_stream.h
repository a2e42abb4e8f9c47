#pragma once
// Whether a JetStream stream is fit for a feed, and what mends it where it is not. Streams are
// never made here: how long they keep what, and on how many servers, is for who runs them. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "transport/nats_access.h"

namespace rescind::transport {

// A stream as its server describes it; a limit that is not positive is none.
struct NatsStream {
  std::vector<std::string> subjects;
  bool on_disk = true;
  bool keeps_by_limits = true;  // else a message goes once it has been read, or nobody wants it
  bool discards_old = true;
  bool confirms = true;
  bool sealed = false;
  Milliseconds max_age{0};
  std::int64_t max_messages = -1;
  std::int64_t max_messages_of_a_subject = -1;
  std::int64_t max_bytes = -1;
  std::int64_t max_message_bytes = -1;

  // Its state.
  std::int64_t created = 0;  // nanoseconds since 1970
  std::int64_t first = 0;    // of what it keeps
  std::int64_t last = 0;     // that it has ever kept
  std::int64_t messages = 0;
};

// What one of a feed's streams has to be.
struct NatsNeed {
  std::string name;
  std::string subjects;
  std::size_t message_bytes = 0;
  std::int64_t bytes = 0;  // a limit of bytes that is smaller would break even a quiet feed
};
NatsNeed feed_need(const NatsAccess& access);
NatsNeed snapshot_need(const NatsAccess& access);
// Of signed requests of so many bytes, in the stream that this access names.
NatsNeed requests_need(const NatsAccess& access, std::size_t max_bytes);

// The command that makes it.
std::string add_command(const NatsAccess& access, const NatsNeed& need);
// What makes both streams.
std::vector<std::string> nats_plan(const NatsAccess& access);
// What makes the stream of signed requests that this access names.
std::vector<std::string> nats_requests_plan(const NatsAccess& access);

// kInvalid, with the command that mends it.
Result<void> check_nats_stream(const NatsAccess& access, const NatsNeed& need,
                               const NatsStream& stream);
// The same for a server that takes no messages of that size.
Result<void> check_nats_payload(const NatsNeed& need, std::int64_t max_payload);

}  // namespace rescind::transport
