#include "net/http_parser.h"

#include <array>
#include <charconv>

namespace rescind::net {
namespace {

constexpr std::uint8_t kTokenChar = 1;   // RFC 9110 5.6.2
constexpr std::uint8_t kValueChar = 2;   // field-content, spaces and tabs included
constexpr std::uint8_t kTargetChar = 4;  // visible ASCII but for '#'
constexpr std::uint8_t kHostChar = 8;

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool visible = c > 0x20 && c < 0x7F;
    unsigned bits = 0;
    if (alnum) bits |= kTokenChar | kHostChar;
    if (visible || c == ' ' || c == '\t' || c >= 0x80) bits |= kValueChar;
    if (visible && c != '#') bits |= kTargetChar;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    classes[static_cast<unsigned char>(c)] |= kTokenChar;
  }
  for (const char c : std::string_view("-._~:[]%")) {
    classes[static_cast<unsigned char>(c)] |= kHostChar;
  }
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

bool all_of_class(std::string_view text, std::uint8_t bit) {
  for (const char c : text) {
    if ((kClasses[static_cast<unsigned char>(c)] & bit) == 0) return false;
  }
  return true;
}

// Up to the CRLF, which is there: the scanner has seen it.
std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find('\n');
  const std::string_view line = head.substr(0, end - 1);
  head.remove_prefix(end + 1);
  return line;
}

// What decides about framing, collected while the fields are read.
struct Special {
  std::optional<std::string_view> host;
  std::optional<std::string_view> length;
  std::optional<std::string_view> coding;
  bool close = false;
  bool keep_alive = false;
  std::optional<std::string_view> expect;
};

// False where a header that may stand once stands twice.
bool once(std::optional<std::string_view>& slot, std::string_view value) {
  if (slot) return false;
  slot = value;
  return true;
}

bool note(Special& special, std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      return !equal_ignoring_case(name, "host") || once(special.host, value);
    case 6:
      return !equal_ignoring_case(name, "expect") || once(special.expect, value);
    case 10:
      if (equal_ignoring_case(name, "connection")) {
        special.close = special.close || list_contains(value, "close");
        special.keep_alive = special.keep_alive || list_contains(value, "keep-alive");
      }
      return true;
    case 14:
      return !equal_ignoring_case(name, "content-length") || once(special.length, value);
    case 17:
      return !equal_ignoring_case(name, "transfer-encoding") || once(special.coding, value);
    default:
      return true;
  }
}

// 0 or the status of the refusal.
int parse_fields(std::string_view lines, const MessageLimits& limits, Headers& headers,
                 Special& special) {
  headers.clear();
  while (true) {
    const std::string_view line = take_line(lines);
    if (line.empty()) return lines.empty() ? 0 : 400;
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return 400;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 1);
    // Catches a folded line and a space before the colon too: neither is in a token.
    if (!all_of_class(name, kTokenChar) || !all_of_class(value, kValueChar)) return 400;
    if (headers.size() == limits.header_fields) return 431;
    headers.add(name, trimmed(value));
    if (!note(special, name, trimmed(value))) return 400;
  }
}

// Digits alone: no sign, no list, and nothing near an overflow.
bool parse_length(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 18) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size() && text[0] != '-';
}

// False where the framing is not certain. `otherwise` is how a body without either header ends.
bool decide_framing(const Special& special, bool version_1_0, Framing::Kind otherwise,
                    Framing& framing) {
  framing.keep_alive = !special.close && (!version_1_0 || special.keep_alive);
  if (special.coding) {
    framing.kind = Framing::Kind::kChunked;
    return !special.length && !version_1_0 && equal_ignoring_case(*special.coding, "chunked");
  }
  if (special.length) {
    framing.kind = Framing::Kind::kLength;
    return parse_length(*special.length, framing.length);
  }
  framing.kind = otherwise;
  return true;
}

int parse_version(std::string_view text, bool& version_1_0) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || text[6] != '.') return 400;
  if (text[5] < '0' || text[5] > '9' || text[7] < '0' || text[7] > '9') return 400;
  if (text[5] != '1') return 505;
  version_1_0 = text[7] == '0';
  return 0;
}

bool valid_escapes(std::string_view path) {
  return path.find('%') == std::string_view::npos || percent_decode(path).has_value();
}

// absolute-form (RFC 9112 3.2.2): cuts it into its authority and what follows.
bool cut_absolute_form(std::string_view target, std::string_view& authority,
                       std::string_view& rest) {
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view name = target.substr(0, scheme);
  if (!equal_ignoring_case(name, "http") && !equal_ignoring_case(name, "https")) return false;
  rest = target.substr(scheme + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  authority = rest.substr(0, end);
  rest.remove_prefix(end);
  return !authority.empty() && all_of_class(authority, kHostChar);
}

// Sets path, query and, of an absolute-form, the authority.
bool parse_target(Request& request, std::string_view& authority) {
  std::string_view rest = request.target;
  if (rest.empty() || !all_of_class(rest, kTargetChar)) return false;
  if (request.method == Method::kConnect) {
    request.path = {};
    return rest[0] != '/';
  }
  if (rest == "*") {
    request.path = rest;
    return request.method == Method::kOptions;
  }
  if (rest[0] != '/' && !cut_absolute_form(request.target, authority, rest)) return false;
  const std::size_t question = std::min(rest.find('?'), rest.size());
  request.path = question == 0 ? std::string_view("/") : rest.substr(0, question);
  if (question < rest.size()) request.query = rest.substr(question + 1);
  return valid_escapes(request.path);
}

int parse_request_line(std::string_view line, Request& request, std::string_view& authority) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == 0 || first == std::string_view::npos || first == last) return 400;
  request.method_name = line.substr(0, first);
  if (!all_of_class(request.method_name, kTokenChar)) return 400;
  request.method = method_named(request.method_name);
  request.target = line.substr(first + 1, last - first - 1);
  request.query = {};
  if (const int status = parse_version(line.substr(last + 1), request.version_1_0)) return status;
  return parse_target(request, authority) ? 0 : 400;
}

}  // namespace

HeadScanner::Status HeadScanner::scan(std::string_view buffer, std::size_t limit) {
  while (true) {
    const std::size_t end = buffer.find('\n', scanned_);
    if (end == std::string_view::npos || end >= limit) {
      scanned_ = buffer.size();
      if (buffer.size() < limit) return Status::kMore;
      return line_ == 0 ? Status::kTooLongLine : Status::kTooLarge;
    }
    if (end == line_ || buffer[end - 1] != '\r') return Status::kBad;
    const std::string_view line = buffer.substr(line_, end - 1 - line_);
    const bool first = line_ == 0;
    line_ = scanned_ = end + 1;
    if (line.empty()) return Status::kDone;
    // HTTP/0.9 has no version and no empty line: without this it would wait for the deadline.
    if (first && kind_ == Kind::kRequest &&
        (line.size() < 9 || line.substr(line.size() - 9, 6) != " HTTP/")) {
      return Status::kBad;
    }
  }
}

int parse_request_head(std::string_view head, const MessageLimits& limits, Request& request,
                       Framing& framing) {
  framing = Framing{};
  std::string_view authority;
  if (const int status = parse_request_line(take_line(head), request, authority)) return status;
  Special special;
  if (const int status = parse_fields(head, limits, request.headers, special)) return status;
  if (!special.host && !request.version_1_0) return 400;
  request.host = special.host.value_or(std::string_view());
  if (!all_of_class(request.host, kHostChar)) return 400;
  if (!authority.empty() && !equal_ignoring_case(authority, request.host)) return 400;
  if (!decide_framing(special, request.version_1_0, Framing::Kind::kNone, framing)) return 400;
  if (special.expect && !request.version_1_0) {
    framing.expects_continue = equal_ignoring_case(*special.expect, "100-continue");
    framing.unknown_expectation = !framing.expects_continue;
  }
  return 0;
}

bool parse_response_head(std::string_view head, const MessageLimits& limits, Method method,
                         ResponseHead& response, Framing& framing) {
  framing = Framing{};
  const std::string_view line = take_line(head);
  if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return false;
  if (parse_version(line.substr(0, 8), response.version_1_0) != 0) return false;
  const std::string_view code = line.substr(9, 3);
  const auto [end, error] = std::from_chars(code.data(), code.data() + 3, response.status);
  if (error != std::errc() || end != code.data() + 3 || response.status < 100) return false;
  if (!all_of_class(line, kValueChar)) return false;
  Special special;
  if (parse_fields(head, limits, response.headers, special) != 0) return false;
  if (!decide_framing(special, response.version_1_0, Framing::Kind::kUntilEnd, framing)) {
    return false;
  }
  if (method == Method::kHead || response.status < 200 || response.status == 204 ||
      response.status == 304) {
    framing.kind = Framing::Kind::kNone;
  }
  return true;
}

BodyDecoder::Status BodyDecoder::start(const Framing& framing, std::uint64_t limit) {
  *this = BodyDecoder();
  kind_ = framing.kind;
  limit_ = limit;
  left_ = framing.kind == Framing::Kind::kLength ? framing.length : 0;
  if (kind_ == Framing::Kind::kLength && left_ > limit_) return Status::kTooLarge;
  const bool empty =
      kind_ == Framing::Kind::kNone || (kind_ == Framing::Kind::kLength && framing.length == 0);
  return empty ? Status::kDone : Status::kMore;
}

BodyDecoder::Status BodyDecoder::take_data(std::string_view& input, std::string& out) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  if (size > limit_) return Status::kTooLarge;
  out.append(input.substr(0, size));
  input.remove_prefix(size);
  limit_ -= size;
  left_ -= size;
  return left_ == 0 ? Status::kDone : Status::kMore;
}

BodyDecoder::Status BodyDecoder::feed(std::string_view& input, std::string& out) {
  switch (kind_) {
    case Framing::Kind::kNone:
      return Status::kDone;
    case Framing::Kind::kLength:
      return take_data(input, out);
    case Framing::Kind::kUntilEnd:
      left_ = input.size() + std::uint64_t{1};
      return take_data(input, out);
    case Framing::Kind::kChunked:
      break;
  }
  return feed_chunked(input, out);
}

BodyDecoder::Status BodyDecoder::feed_chunked(std::string_view& input, std::string& out) {
  while (!input.empty()) {
    if (state_ == State::kData) {
      const Status status = take_data(input, out);
      if (status != Status::kDone) return status;
      state_ = State::kDataCr;
      continue;
    }
    const char c = input.front();
    input.remove_prefix(1);
    const Status status = step(c);
    if (status != Status::kMore) return status;
  }
  return Status::kMore;
}

BodyDecoder::Status BodyDecoder::take_size(char c) {
  const int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
  if (digit >= 0) {
    // Fifteen digits never overflow; leading zeros count, so that the line is bounded.
    if (++digits_ > 15) return Status::kBad;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return Status::kMore;
  }
  if (digits_ == 0) return Status::kBad;
  if (c == ';') {
    state_ = State::kExtension;
  } else if (c == '\r') {
    state_ = State::kSizeLf;
  } else {
    return Status::kBad;
  }
  return left_ > limit_ ? Status::kTooLarge : Status::kMore;
}

BodyDecoder::Status BodyDecoder::step(char c) {
  const bool value_char = (kClasses[static_cast<unsigned char>(c)] & kValueChar) != 0;
  const auto expect = [&](char wanted, State next) {
    state_ = next;
    return c == wanted ? Status::kMore : Status::kBad;
  };
  switch (state_) {
    case State::kSize:
      return take_size(c);
    case State::kExtension:  // ignored (RFC 9112 7.1.1)
      if (c == '\r') return expect('\r', State::kSizeLf);
      return value_char && ++extension_ <= kMaxChunkExtensionBytes ? Status::kMore : Status::kBad;
    case State::kSizeLf:
      digits_ = 0;
      return expect('\n', left_ == 0 ? State::kTrailerStart : State::kData);
    case State::kDataCr:
      return expect('\r', State::kDataLf);
    case State::kDataLf:
      return expect('\n', State::kSize);
    case State::kTrailerStart:
      if (c == '\r') return expect('\r', State::kEndLf);
      // A trailer is read to its end and ignored; a folded one is refused like a folded header.
      if (c == ' ' || c == '\t') return Status::kBad;
      state_ = State::kTrailer;
      [[fallthrough]];
    case State::kTrailer:
      if (c == '\r') return expect('\r', State::kTrailerLf);
      return value_char && ++trailer_ <= kMaxTrailerBytes ? Status::kMore : Status::kBad;
    case State::kTrailerLf:
      return expect('\n', State::kTrailerStart);
    case State::kEndLf:
      return c == '\n' ? Status::kDone : Status::kBad;
    case State::kData:
      break;
  }
  return Status::kBad;
}

BodyDecoder::Status BodyDecoder::end() const {
  return kind_ == Framing::Kind::kUntilEnd ? Status::kDone : Status::kBad;
}

}  // namespace rescind::net
