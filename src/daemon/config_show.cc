#include "daemon/config_show.h"

#include <algorithm>

#include "base/json.h"

namespace rescind::daemon {
namespace {

void show(const Schema& schema, const std::string& prefix, std::vector<ShownSetting>& out) {
  for (const auto& setting : schema.settings()) {
    if (schema.given_instead_of(*setting) != nullptr) continue;
    const std::string path = prefix + setting->path;
    if (setting->groups.empty()) {
      out.push_back({.path = path, .value = setting->json(), .origin = setting->origin});
      continue;
    }
    for (std::size_t i = 0; i < setting->groups.size(); ++i) {
      show(setting->groups[i], path + "[" + std::to_string(i) + "].", out);
    }
  }
}

void write_group(json::Writer& writer, const Schema& schema, const std::string& prefix);

void write_type(json::Writer& writer, const Setting& setting) {
  switch (setting.type) {
    case Setting::Type::kText:
    case Setting::Type::kSecret:
      writer.member("type", "string");
      break;
    case Setting::Type::kTruth:
      writer.member("type", "boolean");
      break;
    case Setting::Type::kNumber:
      writer.member("type", "integer").name("minimum").raw(setting.least);
      writer.name("maximum").raw(setting.most);
      break;
    case Setting::Type::kDuration:
      writer.member("type", "string").member("pattern", "^[0-9]+(ms|s|m|h|d)$");
      break;
    case Setting::Type::kSize:
      writer.member("type", "string").member("pattern", "^[0-9]+(B|KiB|MiB|GiB|TiB)$");
      break;
    case Setting::Type::kChoice:
      writer.name("enum").array();
      for (const std::string& word : setting.choices) writer.value(word);
      writer.end();
      break;
    case Setting::Type::kList:
      writer.member("type", "array").name("items").object().member("type", "string").end();
      break;
    case Setting::Type::kMap:
      writer.member("type", "object").name("additionalProperties").object();
      writer.member("type", "string").end();
      break;
    case Setting::Type::kGroups:
      writer.member("type", "array");
      if (setting.count.least > 0) writer.member("minItems", setting.count.least);
      if (setting.count.most < SIZE_MAX) writer.member("maxItems", setting.count.most);
      writer.name("items").object();
      write_group(writer, *setting.example(), "");
      writer.end();
      break;
  }
}

void write_setting(json::Writer& writer, const Setting& setting) {
  const bool secret = setting.type == Setting::Type::kSecret;
  const bool range =
      setting.type == Setting::Type::kDuration || setting.type == Setting::Type::kSize;
  writer.object();
  write_type(writer, setting);
  writer.member(
      "description",
      range ? setting.help + " (" + setting.least + " to " + setting.most + ")" : setting.help);
  const bool has_default = !secret && !setting.is_required && setting.count.least == 0;
  if (has_default) writer.name("default").raw(setting.json());
  writer.end();
}

void write_group(json::Writer& writer, const Schema& schema, const std::string& prefix) {
  std::vector<std::string> done;
  std::vector<std::string> required;
  writer.name("type").array().value("object").value("null").end();
  writer.member("additionalProperties", false).name("properties").object();
  for (const auto& setting : schema.settings()) {
    if (!setting->path.starts_with(prefix)) continue;
    const std::size_t dot = setting->path.find('.', prefix.size());
    const std::string word = setting->path.substr(prefix.size(), dot - prefix.size());
    if (std::ranges::find(done, word) != done.end()) continue;
    done.push_back(word);
    if (dot != std::string::npos) {
      writer.name(word).object();
      write_group(writer, schema, prefix + word + ".");
      writer.end();
      continue;
    }
    writer.name(word);
    write_setting(writer, *setting);
    if (setting->type == Setting::Type::kSecret) {
      writer.name(word + "_file").object().member("type", "string");
      writer.member("description", "a file that holds it: " + setting->help).end();
    } else if (setting->is_required) {
      required.push_back(word);
    }
  }
  writer.end();
  if (required.empty()) return;
  writer.name("required").array();
  for (const std::string& word : required) writer.value(word);
  writer.end();
}

}  // namespace

std::vector<ShownSetting> shown_settings(const Schema& schema) {
  std::vector<ShownSetting> out;
  show(schema, "", out);
  return out;
}

std::string json_schema(const Schema& schema, std::string_view title) {
  json::Writer writer;
  writer.object().member("$schema", "https://json-schema.org/draft/2020-12/schema");
  writer.member("title", title);
  write_group(writer, schema, "");
  return writer.end().take();
}

}  // namespace rescind::daemon
