#include "library/config_object.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace rescind::library {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20U;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Result<std::string> read_config_file(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return fail(ErrorCode::kNotFound, path + ": " + std::strerror(errno));
  std::string text;
  std::array<char, 4096> part;
  while (const std::size_t got = std::fread(part.data(), 1, part.size(), file.get())) {
    text.append(part.data(), got);
    if (text.size() > kMaxFileBytes) {
      return fail(ErrorCode::kTooLarge, path + " is larger than 1 MiB");
    }
  }
  if (std::ferror(file.get()) != 0) {
    return fail(ErrorCode::kNotFound, path + ": " + std::strerror(errno));
  }
  return text;
}

ConfigObject::ConfigObject(json::Value object, std::string place)
    : object_(object), place_(std::move(place)) {
  if (!object.is_object()) {
    const std::string what =
        place_.empty() ? "the configuration" : place_.substr(0, place_.size() - 1);
    error_ = Error{ErrorCode::kInvalid, what + " is no object"};
  }
}

std::optional<json::Value> ConfigObject::any(std::string_view name) {
  asked_.emplace_back(name);
  return object_.find(name);
}

void ConfigObject::refuse(std::string_view name, std::string_view why) {
  if (error_) return;
  error_ = Error{ErrorCode::kInvalid, place_ + std::string(name) + ": " + std::string(why)};
}

std::optional<std::string_view> ConfigObject::text_of(std::string_view name) {
  const auto value = any(name);
  if (!value) return std::nullopt;
  const auto text = value->string();
  if (text && !text->empty()) return text;
  refuse(name, "has to be a text");
  return std::nullopt;
}

void ConfigObject::text(std::string_view name, std::string& out) {
  if (const auto found = text_of(name)) out = *found;
}

void ConfigObject::texts(std::string_view name, std::vector<std::string>& out) {
  const auto value = any(name);
  if (!value) return;
  if (!value->is_array()) return refuse(name, "has to be an array of texts");
  out.clear();
  for (auto element = value->first(); element; element = element->next()) {
    const auto text = element->string();
    if (!text || text->empty()) return refuse(name, "has to be an array of texts");
    out.emplace_back(*text);
  }
}

void ConfigObject::truth(std::string_view name, bool& out) {
  const auto value = any(name);
  if (!value) return;
  const auto truth = value->boolean();
  if (!truth) return refuse(name, "has to be true or false");
  out = *truth;
}

void ConfigObject::integer(std::string_view name, std::int64_t& out, Range range) {
  const auto value = any(name);
  if (!value) return;
  const auto number = value->integer();
  if (!number || *number < range.least || *number > range.most) {
    return refuse(name, "has to be a whole number from " + std::to_string(range.least) + " to " +
                            std::to_string(range.most));
  }
  out = *number;
}

void ConfigObject::text_or_file(std::string_view name, std::string& out) {
  const std::string file_name = std::string(name) + "_file";
  const auto text = text_of(name);
  const auto path = text_of(file_name);
  if (text && path) return refuse(name, "stands beside " + file_name + ": one of them decides");
  if (text) out = *text;
  if (!path) return;
  auto read = read_config_file(std::string(*path));
  if (!read) return refuse(file_name, read.error().message);
  out = *std::move(read);
  if (out.ends_with('\n')) out.pop_back();
  if (out.empty()) refuse(file_name, "the file is empty");
}

void ConfigObject::secret(std::string_view name, Secret& out) {
  std::string text;
  text_or_file(name, text);
  if (!text.empty()) out = Secret(std::move(text));
}

void ConfigObject::file(std::string_view name, std::string& out) {
  const auto path = text_of(name);
  if (!path) return;
  auto read = read_config_file(std::string(*path));
  if (!read) return refuse(name, read.error().message);
  out = *std::move(read);
}

Result<void> ConfigObject::finish() const {
  if (error_) return std::unexpected(*error_);
  for (auto member = object_.first(); member; member = member->next()) {
    if (std::ranges::find(asked_, member->name()) != asked_.end()) continue;
    std::string known;
    for (const std::string& name : asked_) known += (known.empty() ? "" : ", ") + name;
    return fail(ErrorCode::kInvalid,
                place_ + std::string(member->name()) + " is unknown; there are: " + known);
  }
  return {};
}

}  // namespace rescind::library
