#include "feed/fields.h"

#include <algorithm>
#include <string>

#include "jwt/base64url.h"

namespace rescind::feed {
namespace {

Result<json::Value> read_typed(json::Value object, std::string_view name, json::Type type) {
  const auto found = object.find(name);
  if (!found || !found->is(type)) return wrong_member(name);
  return *found;
}

}  // namespace

std::unexpected<Error> wrong_member(std::string_view name) {
  return fail(ErrorCode::kCorrupt, "member \"" + std::string(name) + "\" is missing or wrong");
}

Result<std::uint64_t> read_whole(json::Value object, std::string_view name) {
  const auto found = object.find(name);
  const auto number = found ? found->integer() : std::nullopt;
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > kMaxWhole) {
    return wrong_member(name);
  }
  return static_cast<std::uint64_t>(*number);
}

Result<WallTime> read_time(json::Value object, std::string_view name) {
  TRY_ASSIGN(const std::uint64_t ms, read_whole(object, name));
  return wall_from_ms(static_cast<std::int64_t>(ms));
}

Result<std::string_view> read_text(json::Value object, std::string_view name) {
  const auto found = object.find(name);
  const auto text = found ? found->string() : std::nullopt;
  if (!text || text->empty()) return wrong_member(name);
  return *text;
}

Result<Digest> parse_digest(std::string_view text) {
  const auto bytes = jwt::base64url_decode(text);
  Digest digest{};
  if (!bytes || bytes->size() != digest.size()) {
    return fail(ErrorCode::kCorrupt, "a digest is not base64url of 32 bytes");
  }
  std::ranges::copy(bytes_of(*bytes), digest.begin());
  return digest;
}

Result<Digest> read_digest(json::Value object, std::string_view name) {
  TRY_ASSIGN(const std::string_view text, read_text(object, name));
  return parse_digest(text);
}

Result<revocation::Position> read_position(json::Value object) {
  TRY_ASSIGN(const std::uint64_t term, read_whole(object, "term"));
  TRY_ASSIGN(const std::uint64_t number, read_whole(object, "number"));
  return revocation::Position{.term = term, .number = number};
}

Result<json::Value> read_object(json::Value object, std::string_view name) {
  return read_typed(object, name, json::Type::kObject);
}

Result<json::Value> read_array(json::Value object, std::string_view name) {
  return read_typed(object, name, json::Type::kArray);
}

}  // namespace rescind::feed
