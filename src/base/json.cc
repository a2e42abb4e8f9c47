#include "base/json.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/json_parser.h"

namespace rescind::json {

// The parser works in a copy of the text, so that values outlive what they were read from.
struct Reader::State {
  std::unique_ptr<char[]> text;
  std::size_t capacity = 0;
  Tree tree;
};

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::kTooLong:
      return "too long";
    case Fault::kTooDeep:
      return "nested too deeply";
    case Fault::kTooMany:
      return "too many members";
    case Fault::kSyntax:
      return "not JSON";
    case Fault::kControl:
      return "control character in a string";
    case Fault::kUtf8:
      return "not UTF-8";
    case Fault::kEscape:
      return "wrong escape in a string";
    case Fault::kNumber:
      return "number out of range";
    case Fault::kDuplicate:
      return "duplicate name";
  }
  return "not JSON";
}

std::optional<bool> Value::boolean() const {
  if (!is(Type::kBoolean)) return std::nullopt;
  return node_->boolean;
}

std::optional<std::int64_t> Value::integer() const {
  if (!is(Type::kInteger) || node_->past_int64) return std::nullopt;
  return node_->integer;
}

std::optional<std::uint64_t> Value::unsigned_integer() const {
  if (!is(Type::kInteger) || (node_->integer < 0 && !node_->past_int64)) return std::nullopt;
  return static_cast<std::uint64_t>(node_->integer);
}

std::optional<double> Value::number() const {
  if (is(Type::kDouble)) return node_->number;
  if (const auto whole = integer()) return static_cast<double>(*whole);
  if (const auto whole = unsigned_integer()) return static_cast<double>(*whole);
  return std::nullopt;
}

std::optional<Value> Value::find(std::string_view name) const {
  if (!is_object()) return std::nullopt;
  const Node* child = node_ + 1;
  for (std::uint32_t i = 0; i < node_->size; ++i, child += child->next) {
    if (name_of(*child) == name) return Value(child);
  }
  return std::nullopt;
}

Reader::Reader() : state_(std::make_unique<State>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

std::expected<Value, Fault> Reader::read(std::string_view text, const Limits& limits) {
  // Nodes count in 32 bits.
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max() / 2;
  if (text.size() > std::min(limits.bytes, kMost)) return std::unexpected(Fault::kTooLong);
  State& state = *state_;
  const std::size_t needed = text.size() + kPadding;
  if (state.capacity < needed) {
    state.capacity = std::max(needed, 2 * state.capacity);
    state.text = std::make_unique<char[]>(state.capacity);
  }
  std::copy(text.begin(), text.end(), state.text.get());
  std::memset(state.text.get() + text.size(), 0, kPadding);
  Parser parser(state.tree, limits);
  if (!parser.document(state.text.get(), text.size())) return std::unexpected(parser.fault());
  return Value(state.tree.nodes.data());
}

Result<Value> Reader::parse(std::string_view text, const Limits& limits) {
  const auto value = read(text, limits);
  if (value) return *value;
  const bool is_limit = value.error() <= Fault::kTooMany;
  return fail(is_limit ? ErrorCode::kTooLarge : ErrorCode::kInvalid,
              std::string(to_string(value.error())));
}

}  // namespace rescind::json
