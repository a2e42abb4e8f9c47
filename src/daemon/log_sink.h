#pragma once
// The log of a process: one line an event, as JSON or as text, on standard error.
//
// Control characters are escaped in names and values alike, so that nobody can forge a line or
// drive a terminal by a user name; long values are cut. Thread-safe: lines are never mixed. About
// 2 µs a line plus the write.

#include <iosfwd>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace rescind::daemon {

enum class LogFormat { kJson, kText };

struct LogOptions {
  LogFormat format = LogFormat::kText;
  LogLevel level = LogLevel::kInfo;  // what is below is dropped
};

class LogSink final : public Log {
 public:
  // Writes to standard error. The clock has to outlive the sink.
  LogSink(const LogOptions& options, const Clock& clock);
  // Writes to a stream, which has to outlive the sink and is flushed after each line.
  LogSink(const LogOptions& options, const Clock& clock, std::ostream& stream);
  // Writes where `other` does; says `always` in every line, if there is any, before what else it
  // says. The name of that field has to outlive the sink.
  LogSink(const LogSink& other, std::optional<LogField> always);
  ~LogSink() override;

  void write(LogLevel level, std::string_view event,
             std::initializer_list<LogField> fields) override;
  // From any thread; for a reload. For all that write to the same place.
  void set_level(LogLevel level);

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::optional<LogField> always_;
};

// "debug", "info", "warning", "error".
std::string_view log_level_name(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view name);

}  // namespace rescind::daemon
