#pragma once
// What JetStream answers to a message that it was given. Pure; the server is not believed in this
// either.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rescind::transport {

// The number under which `stream` keeps the message. kUnavailable: it is refused, with the server's
// own words. kCorrupt: this is no such answer. kConflict: another stream has taken it.
Result<std::int64_t> read_nats_ack(std::string_view answer, std::string_view stream);

// What a server says, as it may stand in a log: printable, and not for ever.
std::string quoted_from_server(std::string_view text);

}  // namespace rescind::transport
