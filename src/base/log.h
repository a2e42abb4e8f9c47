#pragma once
// The log callback. Whoever owns the process (daemon's log sink, the library's host) implements it;
// everything below is handed a `Log&`. Implementations are thread-safe and do not throw.
//
// An event is a short constant phrase ("feed gap repaired"); what varies goes into fields. Neither
// carries a token, a password or key material: name the `jti`, `sid`, `kid` instead.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace rescind {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, std::integral auto number)
      : name(field), value(std::to_string(number)) {}

  std::string_view name;
  std::string value;
};

class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view event,
                     std::initializer_list<LogField> fields) = 0;

  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kDebug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kInfo, event, fields);
  }
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kWarning, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kError, event, fields);
  }
};

// Says nothing: for tests, and for hosts that want no log.
class NullLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*event*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

}  // namespace rescind
