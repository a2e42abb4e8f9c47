#include "transport/broker_place.h"

#include <algorithm>

namespace rescind::transport {
namespace {

// The first step back from the end, and how much larger each next one is.
constexpr std::int64_t kFirstStep = 64;
constexpr std::int64_t kStepGrowth = 8;
// So near is near enough: what is read twice is known, and costs microseconds.
constexpr std::int64_t kNearEnough = 512;

}  // namespace

std::optional<feed::Position> place_of(std::string_view jws) {
  const auto word = feed::read_word(jws);
  if (!word) return std::nullopt;
  if (const auto* batch = std::get_if<feed::Batch>(&word->content)) return batch->position;
  return std::get<feed::Heartbeat>(word->content).head;
}

// From the end backwards to a word no later than `after`, then nearer by halves.
Result<std::int64_t> offset_after(BrokerRange all, feed::Position after,
                                  const FirstWord& first_word) {
  if (after == feed::Position{}) return all.first;
  std::int64_t late = all.end;  // from here on all is later than `after`
  std::optional<std::int64_t> early;
  for (std::int64_t step = kFirstStep; late > all.first && !early; step *= kStepGrowth) {
    const std::int64_t at = std::max(all.first, all.end - step);
    TRY_ASSIGN(const auto found, first_word({.first = at, .end = late}));
    if (found && found->position <= after) early = found->offset;
    if (!early) late = at;
  }
  if (!early) return all.first;
  while (late - *early > kNearEnough) {
    const std::int64_t middle = *early + (late - *early) / 2;
    TRY_ASSIGN(const auto found, first_word({.first = middle, .end = late}));
    if (found && found->position <= after) {
      early = found->offset;
    } else {
      late = middle;
    }
  }
  return *early;
}

}  // namespace rescind::transport
