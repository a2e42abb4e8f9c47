#include "daemon/log_sink.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ostream>

#include "base/json.h"
#include "daemon/limits.h"

namespace rescind::daemon {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warning", "error"};

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// RFC 3339 in UTC with milliseconds.
std::string time_text(WallTime time) {
  const auto days = std::chrono::floor<std::chrono::days>(time.time_since_epoch());
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const auto rest = std::chrono::hh_mm_ss(time.time_since_epoch() - days);
  std::array<char, 40> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(rest.hours().count()),
      static_cast<int>(rest.minutes().count()), static_cast<int>(rest.seconds().count()),
      static_cast<int>(rest.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

// At most kMaxLogValueBytes, not ending within a character of UTF-8.
std::string shortened(std::string_view value) {
  if (value.size() <= kMaxLogValueBytes) return std::string(value);
  std::size_t size = kMaxLogValueBytes;
  while (size > 0 && (static_cast<unsigned char>(value[size]) & 0xC0U) == 0x80U) --size;
  return std::string(value.substr(0, size)) + "…";
}

// DEL and C1 control characters (U+0080 to U+009F), which JSON leaves alone and terminals obey.
std::string without_terminal_controls(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto next = i + 1 < json.size() ? static_cast<unsigned char>(json[i + 1]) : 0U;
    const bool c1 = byte == 0xC2 && next >= 0x80 && next <= 0x9F;
    if (byte != 0x7F && !c1) {
      out += json[i];
      continue;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\u%04x", c1 ? next : byte);
    out += escape.data();
    if (c1) ++i;
  }
  return out;
}

std::string json_string(std::string_view value) {
  json::Writer writer;
  writer.value(shortened(value));
  return without_terminal_controls(writer.text());
}

// As it is where it is one plain word, else as a JSON string.
std::string text_value(std::string_view value) {
  bool plain = !value.empty() && value.size() <= kMaxLogValueBytes;
  for (const char c : value) {
    plain = plain && c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '=';
  }
  return plain ? std::string(value) : json_string(value);
}

// What one line says.
struct Line {
  WallTime time;
  LogLevel level;
  std::string_view event;
  const std::optional<LogField>& always;
  std::initializer_list<LogField> fields;
};

std::string json_line(const Line& said) {
  const auto& [time, level, event, always, fields] = said;
  json::Writer writer;
  writer.object().member("time", time_text(time)).member("level", log_level_name(level));
  writer.name("event").raw(json_string(event));
  if (always) writer.name(always->name).raw(json_string(always->value));
  for (const LogField& field : fields) writer.name(field.name).raw(json_string(field.value));
  return writer.end().take();
}

std::string text_line(const Line& said) {
  const auto& [time, level, event, always, fields] = said;
  std::string line = time_text(time) + " ";
  std::string name(log_level_name(level));
  name.resize(8, ' ');
  line += name;
  // An event is a phrase of ours: its words stay unquoted unless there is something odd in it.
  const std::string quoted = json_string(event);
  const std::string_view inside = std::string_view(quoted).substr(1, quoted.size() - 2);
  line += inside == event ? std::string(event) : quoted;
  const auto add = [&line](const LogField& field) {
    line += " " + text_value(field.name) + "=" + text_value(field.value);
  };
  if (always) add(*always);
  for (const LogField& field : fields) add(field);
  return line;
}

}  // namespace

struct LogSink::State {
  State(const LogOptions& options, const Clock& the_clock, spdlog::sink_ptr sink)
      : format(options.format), clock(the_clock), logger("rescind", std::move(sink)) {
    logger.set_pattern("%v");
    logger.set_level(level_of(options.level));
    logger.flush_on(spdlog::level::debug);
    // A full disk or a closed pipe must not end a server, nor can it be logged.
    logger.set_error_handler([](const std::string&) {});
  }

  LogFormat format;
  const Clock& clock;
  spdlog::logger logger;
};

LogSink::LogSink(const LogOptions& options, const Clock& clock)
    : state_(std::make_shared<State>(options, clock,
                                     std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

LogSink::LogSink(const LogOptions& options, const Clock& clock, std::ostream& stream)
    : state_(std::make_shared<State>(
          options, clock, std::make_shared<spdlog::sinks::ostream_sink_mt>(stream, true))) {}

LogSink::LogSink(const LogSink& other, std::optional<LogField> always)
    : state_(other.state_), always_(std::move(always)) {}

LogSink::~LogSink() = default;

void LogSink::write(LogLevel level, std::string_view event,
                    std::initializer_list<LogField> fields) {
  const spdlog::level::level_enum rank = level_of(level);
  if (!state_->logger.should_log(rank)) return;
  const Line said{.time = state_->clock.now().wall,
                  .level = level,
                  .event = event,
                  .always = always_,
                  .fields = fields};
  const std::string line = state_->format == LogFormat::kJson ? json_line(said) : text_line(said);
  state_->logger.log(rank, spdlog::string_view_t(line));
}

void LogSink::set_level(LogLevel level) { state_->logger.set_level(level_of(level)); }

std::string_view log_level_name(LogLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

}  // namespace rescind::daemon
