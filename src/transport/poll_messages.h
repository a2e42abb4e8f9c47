#pragma once
// What a long poll and a receipt say, in JSON, for both ends. Pure, thread-safe.
//
//   answer   {"batches":["<jws>",…],"heartbeat":"<jws>"}      the heartbeat may be left out
//   receipt  {"follower":"…","position":"term.number","hash":"<hex>","policy":"…","road":"https",
//             "age_us":120,"proof":"<jws>"}
//            policy, road and age as far as they are known; the proof only where histories disagree

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feed/ports.h"

namespace rescind::transport {

struct PollAnswer {
  std::vector<std::string> batches;
  std::optional<std::string> heartbeat;
};

std::string encode_poll_answer(std::span<const std::string_view> batches,
                               const std::optional<std::string>& heartbeat);
// kCorrupt where it is not of that form or over kMaxPollBytes. The words are not looked at.
Result<PollAnswer> parse_poll_answer(std::string_view text);

std::string encode_report(const feed::Report& report);
// kInvalid where it is not of that form or over a limit, naming the member.
Result<feed::Report> parse_report(std::string_view text);

// "25s" or "500ms", capped at kMaxPollWait; nothing for anything else.
std::optional<Milliseconds> parse_wait(std::string_view text);

}  // namespace rescind::transport
