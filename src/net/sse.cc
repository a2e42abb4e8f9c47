#include "net/sse.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"

namespace rescind::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kLineBreaks = "\r\n";

bool has_line_break(std::string_view text) {
  return text.find_first_of(kLineBreaks) != std::string_view::npos;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\n");
}

// Finds the next CR or LF. It remembers where the next of each is, so that a text of the one kind
// alone is not searched for the other again and again.
class LineBreakFinder {
 public:
  // `rest` is what is left of one and the same text.
  std::size_t next(std::string_view rest) {
    const char* const end = rest.data() + rest.size();
    const char* const first = std::min(advance(lf_, '\n', rest), advance(cr_, '\r', rest));
    return first == end ? std::string_view::npos : static_cast<std::size_t>(first - rest.data());
  }

 private:
  static const char* advance(const char*& found, char wanted, std::string_view rest) {
    if (found == nullptr || found < rest.data()) {
      const std::size_t at = std::min(rest.find(wanted), rest.size());
      found = rest.data() + at;
    }
    return found;
  }
  const char* lf_ = nullptr;
  const char* cr_ = nullptr;
};

}  // namespace

void append_event(std::string& out, const OutgoingEvent& event) {
  CHECK(!has_line_break(event.id) && event.id.find('\0') == std::string_view::npos);
  CHECK(!has_line_break(event.type));
  if (!event.id.empty()) append_field(out, "id", event.id);
  if (!event.type.empty()) append_field(out, "event", event.type);
  std::string_view rest = event.data;
  while (true) {
    const std::size_t end = rest.find_first_of(kLineBreaks);
    append_field(out, "data", rest.substr(0, end));
    if (end == std::string_view::npos) break;
    const bool pair = rest.substr(end).starts_with("\r\n");
    rest.remove_prefix(end + (pair ? 2 : 1));
  }
  out.append("\n");
}

void append_comment(std::string& out, std::string_view comment) {
  CHECK(!has_line_break(comment));
  out.append(": ").append(comment).append("\n\n");
}

void append_retry(std::string& out, std::chrono::milliseconds retry) {
  append_field(out, "retry", std::to_string(retry.count()));
  out.append("\n");
}

void EventDecoder::reset() {
  line_.clear();
  data_.clear();
  type_.clear();
  id_ = last_id_;
  first_line_ = true;
  after_cr_ = false;
}

bool EventDecoder::feed(std::string_view bytes, const OnEvent& on_event) {
  LineBreakFinder breaks;
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = breaks.next(bytes);
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > limit_) return false;
    if (end == std::string_view::npos) {
      line_.append(part);
      return true;
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (line_.empty()) {
      if (!take_line(part, on_event)) return false;
      continue;
    }
    line_.append(part);
    if (!take_line(line_, on_event)) return false;
    line_.clear();
  }
  return true;
}

bool EventDecoder::take_line(std::string_view line, const OnEvent& on_event) {
  if (std::exchange(first_line_, false) && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line.empty()) {
    dispatch(on_event);
    return true;
  }
  const std::size_t colon = std::min(line.find(':'), line.size());
  if (colon == 0) return true;  // a comment
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  return take_field(line.substr(0, colon), value);
}

bool EventDecoder::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (data_.size() + value.size() + 1 > limit_ + 1) return false;
    data_.append(value).append("\n");
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    // Digits alone; what is longer than a day's milliseconds is nobody's wish.
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (!value.empty() && value.size() <= 8 && value[0] != '-' && error == std::errc() &&
        end == value.data() + value.size()) {
      retry_ = std::chrono::milliseconds(number);
    }
  }
  return true;
}

void EventDecoder::dispatch(const OnEvent& on_event) {
  last_id_ = id_;
  if (!data_.empty()) {
    const std::string_view data(data_.data(), data_.size() - 1);
    on_event({.id = last_id_,
              .type = type_.empty() ? "message" : std::string_view(type_),
              .data = data});
  }
  data_.clear();
  type_.clear();
}

}  // namespace rescind::net
