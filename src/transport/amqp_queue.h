#pragma once
// Whether a queue is what a feed needs: a stream, kept for as long as the feed is kept. What is
// wrong is said with the command that mends it. Queues are never made from here. Blocking, seconds
// at most.
//
// AMQP has no question for a queue's arguments. But who declares one that exists with other
// arguments is told which of them differs, and what it is: so they are learned one by one. Limits
// that come from a policy are not among them, and not seen.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "transport/amqp_client.h"

namespace rescind::transport {

// What makes both queues.
std::vector<std::string> amqp_plan(const AmqpAccess& access);
// What makes the queue of signed requests that this access names.
std::vector<std::string> amqp_requests_plan(const AmqpAccess& access);

// kInvalid: refused, with the command. kUnavailable, kTimeout, …: the broker could not be asked.
// Where it does not let us ask for arguments (no `configure` permission) that is logged and passed
// over.
Result<void> check_queue(AmqpClient& client, const AmqpAccess& access, Log& log);
// The same for the snapshots beside it. False: there is no such queue, and the command is logged.
Result<bool> check_snapshot_queue(AmqpClient& client, const AmqpAccess& access, Log& log);

// An argument that differs, as the broker says it. Nothing where it says something else.
struct AmqpDifference {
  std::string name;
  std::optional<AmqpValue> is;  // nothing: it has no such argument
};
std::optional<AmqpDifference> read_difference(std::string_view message);
// "7D", "1h", "3600s" (Y, M, D, h, m, s).
std::optional<Milliseconds> read_age(std::string_view text);

}  // namespace rescind::transport
