#include "base/json_parser.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/utf8.h"

namespace rescind::json {
namespace {

// Up to here siblings are compared with each other, above they are sorted.
constexpr std::uint32_t kFewMembers = 16;
constexpr auto kMaxInt64 = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// How many of the bytes from `at` are plain: no quote, backslash, control character, nor anything
// but ASCII. Looks at kLook bytes.
#if defined(__SSE2__)
constexpr std::size_t kLook = 16;
std::size_t plain_bytes(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  // Signed: bytes from 0x80 are negative, so one comparison finds them and the control characters.
  const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const int mask = _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash)));
  return mask == 0 ? kLook
                   : static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(mask)));
}
#else
constexpr std::size_t kLook = 8;
std::size_t plain_bytes(const char* at) {
  std::size_t i = 0;
  while (i < kLook && static_cast<signed char>(at[i]) >= 0x20 && at[i] != '"' && at[i] != '\\') ++i;
  return i;
}
#endif

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The character that \c stands for; 0 where there is no such escape (\u is apart).
constexpr char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

// Has the object a name twice? Few members: a filter of 64 bits, then the earlier siblings one by
// one. Many: sorted, so that no input makes it quadratic.
bool has_duplicate(const Node* object, std::vector<std::string_view>& scratch) {
  const Node* const first = object + 1;
  if (object->size <= kFewMembers) {
    std::uint64_t seen = 0;
    const Node* child = first;
    for (std::uint32_t i = 0; i < object->size; ++i, child += child->next) {
      const std::string_view name = name_of(*child);
      const auto end = static_cast<unsigned char>(name.empty() ? 0 : name.back());
      const std::uint64_t bit = std::uint64_t{1} << ((name.size() * 7 + end) & 63U);
      if ((seen & bit) != 0) {
        for (const Node* other = first; other != child; other += other->next) {
          if (name_of(*other) == name) return true;
        }
      }
      seen |= bit;
    }
    return false;
  }
  scratch.clear();
  const Node* child = first;
  for (std::uint32_t i = 0; i < object->size; ++i, child += child->next) {
    scratch.push_back(name_of(*child));
  }
  std::sort(scratch.begin(), scratch.end());
  return std::adjacent_find(scratch.begin(), scratch.end()) != scratch.end();
}

}  // namespace

Parser::Parser(Tree& tree, const Limits& limits) : tree_(tree), limits_(limits) {
  tree_.nodes.clear();
  tree_.open.clear();
}

bool Parser::document(char* text, std::size_t size) {
  at_ = text;
  end_ = text + size;
  skip_space();
  do {
    if (!value()) return false;
  } while (more());
  if (failed_) return false;
  skip_space();
  return at_ == end_ || fail(Fault::kSyntax);
}

bool Parser::fail(Fault fault) {
  failed_ = true;
  fault_ = fault;
  return false;
}

void Parser::skip_space() {
  while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') ++at_;
}

bool Parser::value() {
  switch (*at_) {
    case '"':
      return string_value();
    case '{':
    case '[':
      return open();
    case 't':
      return word("true", Type::kBoolean, true);
    case 'f':
      return word("false", Type::kBoolean, false);
    case 'n':
      return word("null", Type::kNull, false);
    default:
      return number();
  }
}

bool Parser::more() {
  if (opened_) {
    opened_ = false;
    return true;
  }
  while (!tree_.open.empty()) {
    const bool is_object = tree_.open.back().is_object;
    skip_space();
    if (*at_ == ',') {
      ++at_;
      skip_space();
      return !is_object || name();
    }
    if (*at_ != (is_object ? '}' : ']')) return fail(Fault::kSyntax);
    ++at_;
    if (!close()) return false;
  }
  return false;
}

bool Parser::open() {
  if (tree_.open.size() >= limits_.depth) return fail(Fault::kTooDeep);
  const bool is_object = *at_ == '{';
  Node* const node = add(is_object ? Type::kObject : Type::kArray);
  if (node == nullptr) return false;
  tree_.open.push_back(Frame{.node = static_cast<std::uint32_t>(tree_.nodes.size() - 1),
                             .last_child = 0,
                             .size = 0,
                             .is_object = is_object});
  ++at_;
  skip_space();
  if (*at_ == (is_object ? '}' : ']')) {
    ++at_;
    return close();
  }
  opened_ = true;
  return !is_object || name();
}

bool Parser::close() {
  const Frame& frame = tree_.open.back();
  Node& node = tree_.nodes[frame.node];
  node.size = frame.size;
  tree_.open.pop_back();
  if (node.type == Type::kObject && node.size > 1 && has_duplicate(&node, tree_.names)) {
    return fail(Fault::kDuplicate);
  }
  return true;
}

// Made in its place and filled there: a node built elsewhere in small stores, then copied, cost a
// third of the time.
Node* Parser::add(Type type) {
  const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
  Node& node = tree_.nodes.emplace_back();
  node.type = type;
  if (tree_.open.empty()) return &node;
  if (members_ == limits_.members) {
    fail(Fault::kTooMany);
    return nullptr;
  }
  ++members_;
  Frame& frame = tree_.open.back();
  if (frame.last_child != 0) tree_.nodes[frame.last_child].next = index - frame.last_child;
  frame.last_child = index;
  ++frame.size;
  if (frame.is_object) {
    node.name = name_.data();
    node.name_size = static_cast<std::uint32_t>(name_.size());
  }
  return &node;
}

bool Parser::name() {
  if (*at_ != '"') return fail(Fault::kSyntax);
  if (!string(name_)) return false;
  skip_space();
  if (*at_ != ':') return fail(Fault::kSyntax);
  ++at_;
  skip_space();
  return true;
}

bool Parser::word(std::string_view text, Type type, bool truth) {
  // The zeros behind the end are as long as any of the words.
  if (std::memcmp(at_, text.data(), text.size()) != 0) return fail(Fault::kSyntax);
  at_ += text.size();
  Node* const node = add(type);
  if (node == nullptr) return false;
  node->boolean = truth;
  return true;
}

bool Parser::string_value() {
  std::string_view text;
  if (!string(text)) return false;
  Node* const node = add(Type::kString);
  if (node == nullptr) return false;
  node->text = text.data();
  node->size = static_cast<std::uint32_t>(text.size());
  return true;
}

bool Parser::string(std::string_view& out) {
  char* const start = ++at_;
  char* at = start;
  std::size_t plain = kLook;
  for (; plain == kLook; at += plain) plain = plain_bytes(at);
  if (*at != '"') {
    at_ = at;
    return rest_of_string(start, out);
  }
  out = {start, static_cast<std::size_t>(at - start)};
  at_ = at + 1;
  return true;
}

bool Parser::rest_of_string(char* start, std::string_view& out) {
  if (!skip_plain()) return false;
  char* write = at_;
  while (*at_ == '\\') {
    if (!escape(write)) return false;
    const char* const from = at_;
    if (!skip_plain()) return false;
    const auto size = static_cast<std::size_t>(at_ - from);
    std::memmove(write, from, size);
    write += size;
  }
  out = {start, static_cast<std::size_t>(write - start)};
  ++at_;
  return true;
}

bool Parser::skip_plain() {
  for (;;) {
    const std::size_t plain = plain_bytes(at_);
    at_ += plain;
    if (plain == kLook) continue;
    if (*at_ == '"' || *at_ == '\\') return true;
    if (static_cast<unsigned char>(*at_) < 0x20) {
      return fail(at_ == end_ ? Fault::kSyntax : Fault::kControl);
    }
    const std::size_t length = utf8_length({at_, static_cast<std::size_t>(end_ - at_)});
    if (length == 0) return fail(Fault::kUtf8);
    at_ += length;
  }
}

bool Parser::escape(char*& write) {
  ++at_;
  if (*at_ != 'u') {
    const char c = simple_escape(*at_);
    if (c == 0) return fail(Fault::kEscape);
    *write++ = c;
    ++at_;
    return true;
  }
  std::uint32_t code = 0;
  if (!hex4(code)) return false;
  if (code >= 0xdc00 && code < 0xe000) return fail(Fault::kEscape);
  if (code >= 0xd800 && code < 0xdc00) {
    std::uint32_t low = 0;
    if (at_[0] != '\\' || at_[1] != 'u') return fail(Fault::kEscape);
    ++at_;
    if (!hex4(low)) return false;
    if (low < 0xdc00 || low >= 0xe000) return fail(Fault::kEscape);
    code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
  }
  write = put_utf8(write, code);
  return true;
}

bool Parser::hex4(std::uint32_t& code) {
  ++at_;
  code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = *at_;
    const auto lower = static_cast<char>(c | 0x20);
    std::uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      digit = static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return fail(Fault::kEscape);
    }
    code = code << 4U | digit;
  }
  return true;
}

bool Parser::skip_digits() {
  if (!is_digit(*at_)) return fail(Fault::kSyntax);
  while (is_digit(*at_)) ++at_;
  return true;
}

bool Parser::number() {
  const char* const start = at_;
  const bool negative = *at_ == '-';
  if (negative) ++at_;
  const char* const digits = at_;
  if (*at_ == '0') {
    ++at_;
  } else if (!skip_digits()) {
    return false;
  }
  if (*at_ != '.' && *at_ != 'e' && *at_ != 'E') {
    const auto magnitude = integer(negative, digits);
    return magnitude ? add_integer(negative, *magnitude) : add_floating(start);
  }
  if (*at_ == '.') {
    ++at_;
    if (!skip_digits()) return false;
  }
  if (*at_ == 'e' || *at_ == 'E') {
    ++at_;
    if (*at_ == '+' || *at_ == '-') ++at_;
    if (!skip_digits()) return false;
  }
  return add_floating(start);
}

std::optional<std::uint64_t> Parser::integer(bool negative, const char* digits) const {
  std::uint64_t magnitude = 0;
  if (at_ - digits <= 18) {
    for (const char* c = digits; c != at_; ++c) {
      magnitude = magnitude * 10 + static_cast<std::uint64_t>(*c - '0');
    }
    return magnitude;
  }
  if (std::from_chars(digits, at_, magnitude).ec != std::errc()) return std::nullopt;
  if (negative && magnitude > kMaxInt64 + 1) return std::nullopt;
  return magnitude;
}

bool Parser::add_integer(bool negative, std::uint64_t magnitude) {
  Node* const node = add(Type::kInteger);
  if (node == nullptr) return false;
  node->past_int64 = !negative && magnitude > kMaxInt64;
  node->integer = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
  return true;
}

bool Parser::add_floating(const char* start) {
  double number = 0;
  if (std::from_chars(start, at_, number).ec != std::errc()) return fail(Fault::kNumber);
  if (!std::isfinite(number)) return fail(Fault::kNumber);
  Node* const node = add(Type::kDouble);
  if (node == nullptr) return false;
  node->number = number;
  return true;
}

}  // namespace rescind::json
