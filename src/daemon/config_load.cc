// load(): walks the file against the schema, then picks each setting's value by precedence.

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "daemon/config.h"
#include "daemon/limits.h"
#include "daemon/suggest.h"
#include "daemon/yaml_tree.h"

namespace rescind::daemon {
namespace {

constexpr std::string_view kFileSuffix = "_file";

// What is wrong, one line each.
class Findings {
 public:
  void add(std::string_view where, std::string_view what) {
    ++count_;
    if (count_ > kMaxConfigFindings) return;
    text_ += std::string(text_.empty() ? "" : "\n") + std::string(where) + ": " + std::string(what);
  }
  Result<void> result() const {
    if (count_ == 0) return {};
    const std::size_t more = count_ - std::min(count_, kMaxConfigFindings);
    return fail(ErrorCode::kInvalid,
                text_ + (more > 0 ? "\n… and " + std::to_string(more) + " more" : ""));
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

// The content of a secret's file without the newline that editors leave at its end.
Result<std::string> read_secret(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return fail(ErrorCode::kNotFound, "cannot read the file " + name);
  std::string text(kMaxSecretBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return fail(ErrorCode::kUnavailable, "cannot read the file " + name);
  if (text.size() > kMaxSecretBytes) {
    return fail(ErrorCode::kTooLarge, "the file " + name + " is larger than a secret may be");
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

// One candidate for a setting's value: a node of the file, or text from elsewhere.
struct Candidate {
  std::string origin;
  const YamlNode* node = nullptr;
  std::string text;
};

class Loader {
 public:
  Loader(Schema& schema, const Sources& sources, Findings& findings)
      : schema_(schema), sources_(sources), findings_(findings) {}

  void load_file(const YamlNode& root) { walk(root, ""); }
  void load_environment(std::vector<std::string>& warnings);
  void load_flags();
  // Once all sources have been read. `where` is what misses a required setting.
  void resolve(const std::string& where);

 private:
  // From the strongest source to the weakest.
  enum Rank { kFlag, kEnvironment, kFile, kRanks };
  using Candidates = std::map<std::string, Candidate, std::less<>>;

  std::string at(YamlPlace place) const {
    return sources_.file_name + ":" + std::to_string(place.line) + ":" +
           std::to_string(place.column);
  }
  bool is_secret_file(std::string_view path) const {
    if (!path.ends_with(kFileSuffix)) return false;
    const Setting* setting = schema_.find(path.substr(0, path.size() - kFileSuffix.size()));
    return setting != nullptr && setting->type == Setting::Type::kSecret;
  }
  bool is_setting(std::string_view path) const {
    return schema_.find(path) != nullptr || is_secret_file(path);
  }

  void walk(const YamlNode& map, const std::string& prefix);
  std::string hint(std::string_view key, const std::string& prefix) const;
  void resolve(Setting& setting);
  void refuse_beside(const Setting& setting, const Setting& other);
  void apply(Setting& setting, const Candidate& candidate);
  void apply_secret_file(Setting& setting, const Candidate& candidate);
  void apply_list(Setting& setting, const Candidate& candidate);
  void apply_map(Setting& setting, const Candidate& candidate);
  void apply_groups(Setting& setting, const Candidate& candidate);
  // The candidate's text; nothing, and a finding, where it has none.
  std::optional<std::string> text_of(std::string_view path, const Candidate& candidate);

  Schema& schema_;
  const Sources& sources_;
  Findings& findings_;
  Candidates candidates_[kRanks];
};

// --- reading the sources

void Loader::walk(const YamlNode& map, const std::string& prefix) {
  std::map<std::string_view, YamlPlace> seen;
  for (const YamlNode::Member& member : map.members) {
    const std::string where = at(member.place);
    const auto [first, is_new] = seen.emplace(member.key, member.place);
    if (!is_new) {
      findings_.add(where, "duplicate key \"" + member.key + "\", first at line " +
                               std::to_string(first->second.line));
      continue;
    }
    const std::string path = prefix + member.key;
    const bool is_word = !member.key.empty() && member.key.find('.') == std::string::npos;
    if (is_word && is_setting(path)) {
      candidates_[kFile][path] = {.origin = where, .node = &member.value, .text = {}};
    } else if (is_word && schema_.is_group(path)) {
      if (member.value.kind == YamlNode::Kind::kMap) {
        walk(member.value, path + ".");
      } else if (member.value.kind != YamlNode::Kind::kNull) {
        findings_.add(at(member.value.place), path + " is a group; write `key: value` lines in it");
      }
    } else {
      findings_.add(where, "unknown key \"" + member.key + "\"" + hint(member.key, prefix));
    }
  }
}

std::string Loader::hint(std::string_view key, const std::string& prefix) const {
  std::vector<std::string> siblings;
  std::vector<std::string> elsewhere;
  for (const auto& setting : schema_.settings()) {
    const std::string& path = setting->path;
    if (path.starts_with(prefix)) {
      siblings.push_back(path.substr(prefix.size(), path.find('.', prefix.size()) - prefix.size()));
      if (setting->type == Setting::Type::kSecret) siblings.push_back(siblings.back() + "_file");
    }
    if (path.substr(path.rfind('.') + 1) == key) elsewhere.push_back(path);
  }
  if (elsewhere.size() == 1) return "; did you mean \"" + elsewhere.front() + "\"?";
  return did_you_mean(key, siblings);
}

void Loader::load_environment(std::vector<std::string>& warnings) {
  std::map<std::string, std::string, std::less<>> names;
  std::vector<std::string> known = sources_.other_variables;
  for (const auto& setting : schema_.settings()) {
    if (setting->type == Setting::Type::kMap || setting->type == Setting::Type::kGroups) continue;
    names[environment_name(setting->path)] = setting->path;
    if (setting->type == Setting::Type::kSecret) {
      const std::string file = setting->path + std::string(kFileSuffix);
      names[environment_name(file)] = file;
    }
  }
  for (const auto& [name, path] : names) known.push_back(name);
  for (const std::string& variable : sources_.environment) {
    const std::size_t equals = variable.find('=');
    const std::string name = variable.substr(0, equals);
    if (equals == std::string::npos || !name.starts_with("RESCIND_")) continue;
    if (const auto found = names.find(name); found != names.end()) {
      candidates_[kEnvironment][found->second] = {
          .origin = name, .node = nullptr, .text = variable.substr(equals + 1)};
    } else if (std::ranges::find(sources_.other_variables, name) ==
               sources_.other_variables.end()) {
      warnings.push_back(name + " names no setting" + did_you_mean(name, known));
    }
  }
}

void Loader::load_flags() {
  for (const Flag& flag : sources_.flags) {
    if (is_setting(flag.path)) {
      candidates_[kFlag][flag.path] = {.origin = flag.name, .node = nullptr, .text = flag.value};
    } else {
      findings_.add(flag.name, "unknown setting \"" + flag.path + "\"" + hint(flag.path, ""));
    }
  }
}

// --- picking and applying

void Loader::resolve(const std::string& where) {
  for (const auto& setting : schema_.settings()) resolve(*setting);
  for (const auto& setting : schema_.settings()) {
    if (const Setting* const other = schema_.given_instead_of(*setting)) {
      refuse_beside(*setting, *other);
    } else if (setting->is_required && !setting->is_set) {
      findings_.add(where, setting->path + " is missing: " + setting->help);
    }
  }
}

void Loader::refuse_beside(const Setting& setting, const Setting& other) {
  if (!setting.is_set) return;
  findings_.add(setting.origin, setting.path + " stands beside " + other.path + " (" +
                                    other.origin + "): say it in each item of " + other.path +
                                    ", or leave " + other.path + " out");
}

void Loader::resolve(Setting& setting) {
  for (const Candidates& candidates : candidates_) {
    const auto value = candidates.find(setting.path);
    const auto file = setting.type == Setting::Type::kSecret
                          ? candidates.find(setting.path + std::string(kFileSuffix))
                          : candidates.end();
    if (value != candidates.end() && file != candidates.end()) {
      findings_.add(file->second.origin,
                    setting.path + " is given twice, as itself and as a file; delete one");
    }
    if (value == candidates.end() && file == candidates.end()) continue;
    const Candidate& chosen = value != candidates.end() ? value->second : file->second;
    setting.origin = chosen.origin;
    setting.is_set = true;
    if (value != candidates.end()) {
      apply(setting, chosen);
    } else {
      apply_secret_file(setting, chosen);
    }
    return;
  }
}

std::optional<std::string> Loader::text_of(std::string_view path, const Candidate& candidate) {
  if (candidate.node == nullptr) return candidate.text;
  switch (candidate.node->kind) {
    case YamlNode::Kind::kScalar:
      return candidate.node->text;
    case YamlNode::Kind::kNull:
      findings_.add(candidate.origin, std::string(path) +
                                          " has no value; give one, or delete the line to get the "
                                          "default");
      return std::nullopt;
    case YamlNode::Kind::kSequence:
    case YamlNode::Kind::kMap:
      findings_.add(at(candidate.node->place), std::string(path) + " is one value, not several");
      return std::nullopt;
  }
  return std::nullopt;
}

void Loader::apply(Setting& setting, const Candidate& candidate) {
  switch (setting.type) {
    case Setting::Type::kList:
      return apply_list(setting, candidate);
    case Setting::Type::kMap:
      return apply_map(setting, candidate);
    case Setting::Type::kGroups:
      return apply_groups(setting, candidate);
    default:
      break;
  }
  const auto text = text_of(setting.path, candidate);
  if (!text) return;
  const auto done = std::get<Setting::SetText>(setting.set)(*text);
  if (!done) findings_.add(candidate.origin, setting.path + ": " + done.error().message);
}

void Loader::apply_secret_file(Setting& setting, const Candidate& candidate) {
  const auto name = text_of(setting.path + std::string(kFileSuffix), candidate);
  if (!name) return;
  auto text = read_secret(*name);
  const auto done = text ? std::get<Setting::SetText>(setting.set)(*text)
                         : std::unexpected(std::move(text).error());
  if (!done) findings_.add(candidate.origin, setting.path + "_file: " + done.error().message);
}

void Loader::apply_list(Setting& setting, const Candidate& candidate) {
  std::vector<std::string> items;
  if (candidate.node == nullptr) {
    items = split_list(candidate.text);
  } else if (candidate.node->kind == YamlNode::Kind::kSequence) {
    for (const YamlNode& item : candidate.node->items) {
      const auto text =
          text_of(setting.path, {.origin = at(item.place), .node = &item, .text = {}});
      if (!text) return;
      items.push_back(*text);
    }
  } else {
    findings_.add(candidate.origin, setting.path + " is a list; write [one, two]");
    return;
  }
  std::get<Setting::SetList>(setting.set)(std::move(items));
}

void Loader::apply_map(Setting& setting, const Candidate& candidate) {
  if (candidate.node == nullptr || candidate.node->kind != YamlNode::Kind::kMap) {
    findings_.add(candidate.origin, setting.path + " is a map in the file; write {name: value}");
    return;
  }
  std::map<std::string, std::string> texts;
  for (const YamlNode::Member& member : candidate.node->members) {
    const Candidate one{.origin = at(member.place), .node = &member.value, .text = {}};
    const auto text = text_of(setting.path + "." + member.key, one);
    if (text && !texts.emplace(member.key, *text).second) {
      findings_.add(one.origin, "duplicate key \"" + member.key + "\"");
    }
  }
  std::get<Setting::SetMap>(setting.set)(std::move(texts));
}

void Loader::apply_groups(Setting& setting, const Candidate& candidate) {
  if (candidate.node == nullptr || candidate.node->kind != YamlNode::Kind::kSequence) {
    findings_.add(candidate.origin, setting.path + " is a list in the file; write `- key: value`");
    return;
  }
  const std::vector<YamlNode>& items = candidate.node->items;
  const auto& [least, most] = setting.count;
  if (items.size() < least || items.size() > most) {
    return findings_.add(candidate.origin, setting.path + " has " + std::to_string(items.size()) +
                                               " items; it takes " + std::to_string(least) +
                                               " to " + std::to_string(most));
  }
  setting.groups = std::get<Setting::SetGroups>(setting.set)(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string where = at(items[i].place);
    if (items[i].kind != YamlNode::Kind::kMap) {
      findings_.add(where, setting.path + ": each item is a group of `key: value`");
      continue;
    }
    Loader loader(setting.groups[i], sources_, findings_);
    loader.load_file(items[i]);
    loader.resolve(where);
  }
}

}  // namespace

std::vector<std::string> process_environment() {
  std::vector<std::string> variables;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) variables.emplace_back(*one);
  return variables;
}

Result<Loaded> load(Schema& schema, const Sources& sources) {
  Findings findings;
  Loaded loaded;
  YamlNode root;
  if (sources.file_text) {
    TRY_ASSIGN(root, parse_yaml(*sources.file_text, sources.file_name));
  }
  Loader loader(schema, sources, findings);
  loader.load_file(root);
  loader.load_environment(loaded.warnings);
  loader.load_flags();
  loader.resolve(sources.file_text ? sources.file_name : "configuration");
  TRY(findings.result());
  return loaded;
}

}  // namespace rescind::daemon
