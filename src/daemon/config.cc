#include "daemon/config.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/json.h"
#include "daemon/suggest.h"
#include "daemon/units.h"

namespace rescind::daemon {
namespace {

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::kInvalid, std::move(message));
}

// A value as an error repeats it: short and on one line.
std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  json::Writer writer;
  writer.value(text.size() > kLongest ? std::string(text.substr(0, kLongest)) + "…"
                                      : std::string(text));
  return writer.take();
}

std::string json_text(std::string_view text) {
  json::Writer writer;
  writer.value(text);
  return writer.take();
}

// Reads one value with `parse`, writes it with `write`, within bounds.
template <typename T, typename Parse, typename Write>
Setting& bounded(Setting& setting, T& value, Bounds<T> bounds, Parse parse, Write write,
                 std::string what) {
  setting.least = write(bounds.least);
  setting.most = write(bounds.most);
  setting.set = [&value, bounds, parse, write,
                 what = std::move(what)](std::string_view text) -> Result<void> {
    const std::optional<T> parsed = parse(text);
    if (!parsed) return wrong(quoted(text) + " is no " + what);
    if (*parsed < bounds.least || *parsed > bounds.most) {
      return wrong(quoted(text) + " is out of bounds: " + write(bounds.least) + " to " +
                   write(bounds.most));
    }
    value = *parsed;
    return {};
  };
  return setting;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

bool is_path(std::string_view path) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  return !path.empty() && std::ranges::all_of(path, letter) && path.front() != '.' &&
         path.back() != '.' && path.find("..") == path.npos;
}

}  // namespace

std::string environment_name(std::string_view path) {
  std::string name = "RESCIND_";
  for (const char c : path) {
    name += c == '.' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

Setting* Schema::find(std::string_view path) const {
  const auto found =
      std::ranges::find_if(settings_, [&](const auto& one) { return one->path == path; });
  return found == settings_.end() ? nullptr : found->get();
}

const Setting* Schema::given_instead_of(const Setting& setting) const {
  const Setting* const other = setting.instead.empty() ? nullptr : find(setting.instead);
  return other != nullptr && other->is_set ? other : nullptr;
}

bool Schema::is_group(std::string_view path) const {
  return std::ranges::any_of(settings_, [&](const auto& one) {
    return one->path.size() > path.size() && one->path.starts_with(path) &&
           one->path[path.size()] == '.';
  });
}

Setting& Schema::add(Names names, Setting::Type type) {
  CHECK(is_path(names.path));
  for (const auto& other : settings_) {
    CHECK(environment_name(other->path) != environment_name(names.path));
    CHECK(!other->path.starts_with(names.path + "."));
    CHECK(!names.path.starts_with(other->path + "."));
  }
  auto setting = std::make_unique<Setting>();
  setting->path = std::move(names.path);
  setting->help = std::move(names.help);
  setting->type = type;
  settings_.push_back(std::move(setting));
  return *settings_.back();
}

Setting& Schema::text(std::string path, std::string& value, std::string help) {
  Setting& setting = add({std::move(path), std::move(help)}, Setting::Type::kText);
  setting.set = [&value](std::string_view text) -> Result<void> {
    value = text;
    return {};
  };
  setting.json = [&value] { return json_text(value); };
  return setting;
}

Setting& Schema::truth(std::string path, bool& value, std::string help) {
  Setting& setting = add({std::move(path), std::move(help)}, Setting::Type::kTruth);
  setting.set = [&value](std::string_view text) -> Result<void> {
    if (text != "true" && text != "false") {
      return wrong(quoted(text) + " is neither true nor false");
    }
    value = text == "true";
    return {};
  };
  setting.json = [&value] { return std::string(value ? "true" : "false"); };
  return setting;
}

Setting& Schema::number(std::string path, std::int64_t& value, Bounds<std::int64_t> bounds,
                        std::string help) {
  Setting& setting = add({std::move(path), std::move(help)}, Setting::Type::kNumber);
  const auto write = [](std::int64_t number) { return std::to_string(number); };
  setting.json = [&value] { return std::to_string(value); };
  return bounded(setting, value, bounds, parse_number, write, "whole number");
}

Setting& Schema::duration(std::string path, Milliseconds& value, Bounds<Milliseconds> bounds,
                          std::string help) {
  Setting& setting = add({std::move(path), std::move(help)}, Setting::Type::kDuration);
  setting.json = [&value] { return json_text(duration_text(value)); };
  return bounded(setting, value, bounds, parse_duration, duration_text,
                 "duration; write 250ms, 30s, 15m, 12h or 30d");
}

Setting& Schema::size(std::string path, std::uint64_t& value, Bounds<std::uint64_t> bounds,
                      std::string help) {
  Setting& setting = add({std::move(path), std::move(help)}, Setting::Type::kSize);
  setting.json = [&value] { return json_text(size_text(value)); };
  return bounded(setting, value, bounds, parse_size, size_text,
                 "size; write 512B, 64KiB, 64MiB or 2GiB");
}

Setting& Schema::secret(std::string path, Secret& value, std::string help) {
  Setting& setting = add({std::move(path), std::move(help)}, Setting::Type::kSecret);
  setting.set = [&value](std::string_view text) -> Result<void> {
    if (text.empty()) return wrong("is empty");
    value = Secret(std::string(text));
    return {};
  };
  setting.json = [&value] { return std::string(value.empty() ? "\"not set\"" : "\"set\""); };
  return setting;
}

Setting& Schema::list(std::string path, std::vector<std::string>& value, std::string help) {
  Setting& setting = add({std::move(path), std::move(help)}, Setting::Type::kList);
  setting.set = [&value](std::vector<std::string> texts) { value = std::move(texts); };
  setting.json = [&value] {
    json::Writer writer;
    writer.array();
    for (const std::string& text : value) writer.value(text);
    return writer.end().take();
  };
  return setting;
}

Setting& Schema::map(std::string path, std::map<std::string, std::string>& value,
                     std::string help) {
  Setting& setting = add({std::move(path), std::move(help)}, Setting::Type::kMap);
  setting.set = [&value](std::map<std::string, std::string> texts) { value = std::move(texts); };
  setting.json = [&value] {
    json::Writer writer;
    writer.object();
    for (const auto& [name, text] : value) writer.member(name, text);
    return writer.end().take();
  };
  return setting;
}

Setting& Schema::choice_of(Names names, std::vector<std::string> words,
                           std::function<std::size_t()> current,
                           std::function<void(std::size_t)> assign) {
  CHECK(!words.empty());
  Setting& setting = add(std::move(names), Setting::Type::kChoice);
  setting.choices = words;
  setting.set = [words, assign = std::move(assign)](std::string_view text) -> Result<void> {
    const auto found = std::ranges::find(words, text);
    if (found != words.end()) {
      assign(static_cast<std::size_t>(found - words.begin()));
      return {};
    }
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    return wrong(quoted(text) + " is none of: " + all + did_you_mean(text, words));
  };
  setting.json = [words = std::move(words), current = std::move(current)] {
    return json_text(words[current()]);
  };
  return setting;
}

Setting& Schema::groups_of(Names names, Setting::SetGroups make,
                           std::function<std::shared_ptr<Schema>()> example) {
  Setting& setting = add(std::move(names), Setting::Type::kGroups);
  setting.set = std::move(make);
  setting.example = std::move(example);
  setting.json = [&setting] {
    json::Writer writer;
    writer.array();
    for (const Schema& group : setting.groups) {
      writer.object();
      for (const auto& one : group.settings()) writer.name(one->path).raw(one->json());
      writer.end();
    }
    return writer.end().take();
  };
  return setting;
}

}  // namespace rescind::daemon
