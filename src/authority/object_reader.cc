#include "authority/object_reader.h"

#include <algorithm>

namespace rescind::authority {
namespace {

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

}  // namespace

void ObjectReader::refuse(std::string_view name, std::string_view why) {
  if (error_) return;
  error_ = Error{ErrorCode::kInvalid, "\"" + std::string(name) + "\" " + std::string(why)};
}

std::optional<json::Value> ObjectReader::optional_value(std::string_view name) {
  const auto value = object_.find(name);
  if (value) ++asked_;
  return value;
}

std::optional<std::string_view> ObjectReader::string_of(std::string_view name, std::size_t limit,
                                                        bool controls) {
  const auto value = optional_value(name);
  if (!value) return std::nullopt;
  const auto text = value->string();
  if (!text || text->empty()) {
    refuse(name, "has to be a text that is not empty");
  } else if (text->size() > limit) {
    refuse(name, "is longer than " + std::to_string(limit) + " bytes");
  } else if (!controls && has_control(*text)) {
    refuse(name, "has a control character");
  }
  return text.value_or(std::string_view());
}

std::string ObjectReader::text(std::string_view name, std::size_t limit) {
  const auto text = string_of(name, limit, false);
  if (!text) refuse(name, "is missing");
  return std::string(text.value_or(std::string_view()));
}

std::string ObjectReader::optional_text(std::string_view name, std::size_t limit) {
  return std::string(string_of(name, limit, false).value_or(std::string_view()));
}

Secret ObjectReader::secret(std::string_view name, std::size_t limit) {
  const auto text = string_of(name, limit, true);
  if (!text) refuse(name, "is missing");
  return Secret(std::string(text.value_or(std::string_view())));
}

Secret ObjectReader::optional_secret(std::string_view name, std::size_t limit) {
  return Secret(std::string(string_of(name, limit, true).value_or(std::string_view())));
}

bool ObjectReader::optional_truth(std::string_view name) {
  const auto value = optional_value(name);
  if (!value) return false;
  const auto truth = value->boolean();
  if (!truth) refuse(name, "has to be true or false");
  return truth.value_or(false);
}

std::vector<std::string> ObjectReader::optional_texts(std::string_view name, std::size_t limit,
                                                      std::size_t count) {
  const auto value = optional_value(name);
  if (!value) return {};
  std::vector<std::string> texts;
  const auto add = [&](json::Value element) {
    const auto text = element.string();
    if (!text || text->empty() || text->size() > limit || has_control(*text)) {
      refuse(name, "has to be a text, or an array of them, each within its limit");
    } else {
      texts.emplace_back(*text);
    }
  };
  if (!value->is_array()) {
    add(*value);
    return texts;
  }
  if (value->size() > count) refuse(name, "has too many elements");
  for (auto element = value->first(); element; element = element->next()) add(*element);
  return texts;
}

Result<void> ObjectReader::finish() const {
  if (error_) return std::unexpected(*error_);
  if (asked_ != object_.size()) {
    return fail(ErrorCode::kInvalid, "a member that is not known here");
  }
  return {};
}

}  // namespace rescind::authority
