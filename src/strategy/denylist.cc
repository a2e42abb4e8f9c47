#include "strategy/denylist.h"

#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/json.h"

namespace rescind::strategy {
namespace {

constexpr std::size_t kDigits = 20;  // of 2^64 − 1
constexpr std::size_t kHexDigits = 16;

std::string padded(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<std::uint64_t> parse_padded(std::string_view text) {
  std::uint64_t number = 0;
  if (text.size() != kDigits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc() || end != text.end()) return std::nullopt;
  return number;
}

void append_hex(std::string& to, std::uint64_t number) {
  std::array<char, kHexDigits> digits{};
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number, 16);
  const auto size = static_cast<std::size_t>(end - digits.begin());
  to.append(kHexDigits - size, '0').append(digits.data(), size);
}

std::string under(std::string_view name, std::string_view what) {
  return std::string(name) + ":" + std::string(what);
}

std::unexpected<Error> no_state(std::string_view why) {
  return fail(ErrorCode::kCorrupt, "the denylist's state cannot be read: " + std::string(why));
}

}  // namespace

std::string denylist_key(std::string_view name, const revocation::Key& key) {
  std::string text;
  text.reserve(name.size() + 1 + 2 * kHexDigits);
  text.append(name).push_back(':');
  append_hex(text, key.high);
  append_hex(text, key.low);
  return text;
}

std::string denylist_state_key(std::string_view name) { return under(name, "state"); }
std::string denylist_rules_key(std::string_view name) { return under(name, "rules"); }
std::string denylist_whole_key(std::string_view name) { return under(name, "whole"); }

DenylistValue denylist_value_of(const revocation::Entry& entry) {
  return {.reason = entry.reason, .until = entry.until, .cut = entry.cut};
}

std::string to_string(const DenylistValue& value) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(value.reason)));
  text += " " + padded(value.until);
  if (value.cut) text += " " + padded(value.cut->term) + "." + padded(value.cut->number);
  return text;
}

std::optional<DenylistValue> parse_denylist_value(std::string_view text) {
  constexpr std::size_t kPlain = 2 + kDigits;
  constexpr std::size_t kCut = kPlain + 2 + 2 * kDigits;
  if (text.size() != kPlain && text.size() != kCut) return std::nullopt;
  if (text[0] < '0' || text[0] > '2' || text[1] != ' ') return std::nullopt;
  const auto until = parse_padded(text.substr(2, kDigits));
  if (!until) return std::nullopt;
  DenylistValue value{.reason = static_cast<revocation::Reason>(text[0] - '0'), .until = *until};
  if (text.size() == kPlain) return value;
  const auto term = parse_padded(text.substr(kPlain + 1, kDigits));
  const auto number = parse_padded(text.substr(kPlain + 2 + kDigits));
  if (text[kPlain] != ' ' || text[kPlain + 1 + kDigits] != '.' || !term || !number) {
    return std::nullopt;
  }
  value.cut = revocation::Stamp{*term, *number};
  return value;
}

std::string to_json(const DenylistState& state) {
  json::Writer out;
  out.object();
  out.member("v", 1);
  out.member("position", std::string_view(to_string(state.position)));
  out.member("at", to_ms(state.at));
  out.member("purge", to_ms(state.purge));
  out.member("rules", std::string_view(state.rules));
  out.end();
  return out.take();
}

Result<DenylistState> parse_denylist_state(std::string_view text) {
  json::Reader reader;
  const auto root = reader.parse(text, {.bytes = 4096, .depth = 2, .members = 64});
  if (!root || !root->is(json::Type::kObject)) return no_state("it is no JSON object");
  const auto integer = [&](std::string_view name) -> std::optional<std::int64_t> {
    const auto value = root->find(name);
    return value ? value->integer() : std::nullopt;
  };
  const auto string = [&](std::string_view name) -> std::optional<std::string_view> {
    const auto value = root->find(name);
    return value ? value->string() : std::nullopt;
  };
  if (integer("v") != 1) return no_state("its version is not 1");
  const auto position = revocation::parse_position(string("position").value_or(""));
  const auto at = integer("at");
  const auto purge = integer("purge");
  const auto rules = string("rules");
  if (!position || !at || !purge || !rules) return no_state("a member is missing");
  return DenylistState{.position = *position,
                       .at = wall_from_ms(*at),
                       .purge = wall_from_ms(*purge),
                       .rules = std::string(*rules)};
}

}  // namespace rescind::strategy
