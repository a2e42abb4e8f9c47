#pragma once
// The codec of server-sent events (WHATWG HTML 9.2): no sockets. One thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/limits.h"

namespace rescind::net {

inline constexpr std::string_view kEventStreamType = "text/event-stream";

// To be sent. Each line of `data` becomes a field of its own. No line break in id or type, and no
// NUL in an id: that is a programmer's error.
struct OutgoingEvent {
  std::string_view id;    // empty: none
  std::string_view type;  // empty: "message"
  std::string_view data;
};
void append_event(std::string& out, const OutgoingEvent& event);
// Keeps the connection in use; clients ignore it. One line.
void append_comment(std::string& out, std::string_view comment);
// Tells clients how long to wait before they come back.
void append_retry(std::string& out, std::chrono::milliseconds retry);

// Received: views that live during the call.
struct Event {
  std::string_view id;    // the last event id that the stream has given
  std::string_view type;  // "message" where it says nothing
  std::string_view data;
};

// Takes the stream in pieces as they come. Lines end with LF, CR or CRLF; a byte order mark at the
// start is skipped; an id with a NUL and an unknown field are ignored; what stands after the last
// empty line is no event. At most one event is kept.
class EventDecoder {
 public:
  using OnEvent = std::function<void(const Event&)>;
  explicit EventDecoder(std::size_t max_event_bytes = kMaxEventBytes) : limit_(max_event_bytes) {}

  // Calls `on_event` for each event that is complete. False where a line or an event's data is over
  // the limit: the connection has to end.
  bool feed(std::string_view bytes, const OnEvent& on_event);
  // The connection is a new one: forgets the unfinished event, keeps the last id and the retry
  // time.
  void reset();

  const std::string& last_event_id() const { return last_id_; }
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  bool take_line(std::string_view line, const OnEvent& on_event);
  bool take_field(std::string_view name, std::string_view value);
  void dispatch(const OnEvent& on_event);

  std::size_t limit_;
  std::string line_;  // the beginning of the line that has not ended
  bool first_line_ = true;
  bool after_cr_ = false;
  std::string id_;
  std::string type_;
  std::string data_;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace rescind::net
