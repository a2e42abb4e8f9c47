#include "transport/nats_ack.h"

#include "base/json.h"

namespace rescind::transport {
namespace {

constexpr json::Limits kLimits{.bytes = 4096, .depth = 4, .members = 32};
constexpr std::size_t kMaxQuotedBytes = 200;

}  // namespace

std::string quoted_from_server(std::string_view text) {
  std::string quoted(text.substr(0, kMaxQuotedBytes));
  for (char& c : quoted) {
    if (c < ' ' || c > '~') c = '?';
  }
  return quoted;
}

Result<std::int64_t> read_nats_ack(std::string_view answer, std::string_view stream) {
  json::Reader reader;
  const auto root = reader.parse(answer, kLimits);
  if (!root || !root->is_object()) {
    return fail(ErrorCode::kCorrupt, "nats: what is answered is no confirmation");
  }
  if (const auto error = root->find("error")) {
    const auto why = error->find("description").value_or(json::Value()).string();
    return fail(ErrorCode::kUnavailable,
                "nats: the stream refuses it: " + quoted_from_server(why.value_or("")));
  }
  const auto by = root->find("stream").value_or(json::Value()).string();
  const auto number = root->find("seq").value_or(json::Value()).integer();
  if (!by || !number || *number <= 0) {
    return fail(ErrorCode::kCorrupt, "nats: what is answered is no confirmation");
  }
  if (*by != stream) {
    return fail(ErrorCode::kConflict, "nats: another stream, '" + quoted_from_server(*by) +
                                          "', takes what is for '" + std::string(stream) + "'");
  }
  return *number;
}

}  // namespace rescind::transport
