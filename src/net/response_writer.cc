#include "net/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace rescind::net {
namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 24> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), result.ptr);
}

bool is_safe_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
  });
}

bool is_ours(std::string_view name) {
  return equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "content-length") ||
         equal_ignoring_case(name, "transfer-encoding") || equal_ignoring_case(name, "date") ||
         equal_ignoring_case(name, "content-type");
}

bool can_be_sent(const Response& response, HeadOptions::Body body) {
  const bool upgrade = body == HeadOptions::Body::kUpgrade;
  if (upgrade ? response.status != 101 : response.status < 200 || response.status > 599) {
    return false;
  }
  return is_safe_value(response.content_type) &&
         std::ranges::all_of(response.headers, [](const auto& field) {
           return is_token(field.first) && is_safe_value(field.second) && !is_ours(field.first);
         });
}

void append_body_headers(std::string& out, const Response& response, HeadOptions::Body body) {
  switch (body) {
    case HeadOptions::Body::kLength:
      if (response.status == 204 || response.status == 304) return;
      out.append("Content-Length: ");
      append_number(out,
                    response.shared_body ? response.shared_body->size() : response.body.size());
      out.append("\r\n");
      return;
    case HeadOptions::Body::kChunked:
      out.append("Transfer-Encoding: chunked\r\n");
      return;
    case HeadOptions::Body::kUpgrade:
    case HeadOptions::Body::kUntilEnd:
      return;
  }
}

// Whoever sends Upgrade names it here, too (RFC 9110 7.8): a 101, and a 426 that offers it.
void append_connection(std::string& out, const Response& response, const HeadOptions& options) {
  const bool upgrades = options.body == HeadOptions::Body::kUpgrade;
  std::string_view ends;
  if (!upgrades && !options.keep_alive) {
    ends = "close";
  } else if (!upgrades && options.say_keep_alive) {
    ends = "keep-alive";
  }
  const bool names_upgrade = upgrades || response.header("Upgrade").has_value();
  if (!names_upgrade && ends.empty()) return;
  out.append("Connection: ").append(ends);
  if (names_upgrade) out.append(ends.empty() ? "Upgrade" : ", Upgrade");
  out.append("\r\n");
}

}  // namespace

bool append_head(std::string& out, const Response& response, const HeadOptions& options) {
  if (!can_be_sent(response, options.body)) return false;
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(status_phrase(response.status)).append("\r\n");
  if (!response.content_type.empty()) {
    out.append("Content-Type: ").append(response.content_type).append("\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  append_body_headers(out, response, options.body);
  append_connection(out, response, options);
  out.append("Date: ").append(options.date).append("\r\n\r\n");
  return true;
}

bool status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string http_date(WallTime time) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = to_seconds(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                 kMonths[static_cast<std::size_t>(parts.tm_mon)],
                                 parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace rescind::net
