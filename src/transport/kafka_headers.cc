#include "transport/kafka_headers.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "feed/batch.h"
#include "feed/kind.h"

namespace rescind::transport {
namespace {

// RFC 3339 in UTC with milliseconds.
std::string time_text(WallTime at) {
  const std::int64_t ms = to_ms(at);
  const auto days = std::chrono::floor<std::chrono::days>(Milliseconds(ms));
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss time(Milliseconds(ms) - days);
  std::array<char, 40> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

// What differs between batches and heartbeats.
struct Event {
  std::string id;
  std::string_view type;
  feed::Position position;
};

Event event_of(const feed::Batch& batch) {
  const std::string_view type = feed::event_of(batch.kind);
  return {.id = batch.feed + "." + revocation::to_string(batch.position),
          .type = type.empty() ? feed::kEventPrefix : type,
          .position = batch.position};
}
Event event_of(const feed::Heartbeat& heartbeat) {
  return {.id = heartbeat.feed + ".heartbeat." + std::to_string(to_ms(heartbeat.at)) + "." +
                revocation::to_string(heartbeat.head),
          .type = feed::kHeartbeatEvent,
          .position = heartbeat.head};
}

}  // namespace

std::vector<std::pair<std::string_view, std::string>> cloud_event_headers(std::string_view jws) {
  const auto word = feed::read_word(jws);
  if (!word) return {};
  return std::visit(
      [](const auto& content) -> std::vector<std::pair<std::string_view, std::string>> {
        const Event event = event_of(content);
        return {{"ce_specversion", "1.0"},
                {"ce_id", event.id},
                {"ce_source", content.issuer},
                {"ce_type", std::string(event.type)},
                {"ce_subject", revocation::to_string(event.position)},
                {"ce_time", time_text(content.at)},
                {"content-type", "application/secevent+jwt"}};
      },
      word->content);
}

}  // namespace rescind::transport
