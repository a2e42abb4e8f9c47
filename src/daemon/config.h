#pragma once
// Configuration: a `Schema` is the one table of settings, and the loader, `config show`, the names
// of environment variables and the JSON Schema all come from it.
//
//   struct Options { Milliseconds access_ttl = 15min; Secret password; };
//   void describe(Schema& schema, Options& options) {
//     schema.duration("authority.access_ttl", options.access_ttl, {1s, 24h}, "how long …");
//     schema.secret("admin.password", options.password, "…");
//   }
//   Options options;
//   Schema schema;
//   describe(schema, options);
//   TRY_ASSIGN(Loaded loaded, load(schema, sources));
//
// A setting's default is what its variable holds when it is described. A value comes from, in this
// order: flag, environment (`RESCIND_AUTHORITY_ACCESS_TTL`), file, default. The variables have to
// outlive the schema's use; the schema may go after load(). A secret `x` may be given as `x_file`,
// the name of a file that holds it. One thread. For the start of a process and its reload: a load
// takes milliseconds. To reload, load into new options and swap them.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace rescind::daemon {

class Schema;

// Both ends are allowed values.
template <typename T>
struct Bounds {
  T least;
  T most;
};

// One setting, or a list of groups of settings. Made by Schema only.
struct Setting {
  enum class Type {
    kText,
    kTruth,
    kNumber,
    kDuration,
    kSize,
    kChoice,
    kSecret,
    kList,
    kMap,
    kGroups
  };
  using SetText = std::function<Result<void>(std::string_view)>;
  using SetList = std::function<void(std::vector<std::string>)>;
  using SetMap = std::function<void(std::map<std::string, std::string>)>;
  // Makes that many groups and a schema of each.
  using SetGroups = std::function<std::vector<Schema>(std::size_t)>;

  // There is no default that would be right: the loader insists on a value.
  Setting& required() {
    is_required = true;
    return *this;
  }
  // A list of groups that is given has so many of them; both ends are allowed.
  Setting& counting(Bounds<std::size_t> bounds) {
    count = bounds;
    return *this;
  }

  std::string path;  // "authority.access_ttl"
  Type type = Type::kText;
  std::string help;
  bool is_required = false;
  std::string instead;  // the setting that takes the place of this one where it is given
  Bounds<std::size_t> count{0, SIZE_MAX};  // kGroups
  std::vector<std::string> choices;
  std::string least, most;  // as one writes them; empty where there is no bound
  std::variant<SetText, SetList, SetMap, SetGroups> set;
  std::function<std::shared_ptr<Schema>()> example;  // kGroups: what one consists of
  std::function<std::string()> json;  // the present value as JSON; secrets as "set" or "not set"

  // Filled by load(). `origin` is "rescind.yaml:4:15", "RESCIND_…", a flag, or "default".
  std::string origin = "default";
  bool is_set = false;
  std::vector<Schema> groups;
};

class Schema {
 public:
  // Paths are lower-case words joined by dots; two settings never share one, nor the name of an
  // environment variable. Misuse is a programmer's error.
  Setting& text(std::string path, std::string& value, std::string help);
  Setting& truth(std::string path, bool& value, std::string help);
  Setting& number(std::string path, std::int64_t& value, Bounds<std::int64_t> bounds,
                  std::string help);
  Setting& duration(std::string path, Milliseconds& value, Bounds<Milliseconds> bounds,
                    std::string help);
  Setting& size(std::string path, std::uint64_t& value, Bounds<std::uint64_t> bounds,
                std::string help);
  Setting& secret(std::string path, Secret& value, std::string help);
  // A list of texts; in the environment and as a flag separated by commas.
  Setting& list(std::string path, std::vector<std::string>& value, std::string help);
  // Free names to texts; from a file only.
  Setting& map(std::string path, std::map<std::string, std::string>& value, std::string help);

  // One of a few words, each with its value.
  template <typename T>
  Setting& choice(std::string path, T& value,
                  const std::vector<std::pair<std::string, std::type_identity_t<T>>>& words,
                  std::string help) {
    std::vector<std::string> names;
    for (const auto& [name, meaning] : words) names.push_back(name);
    auto current = [&value, words] {
      std::size_t i = 0;
      while (i + 1 < words.size() && words[i].second != value) ++i;
      return i;
    };
    auto assign = [&value, words](std::size_t i) { value = words[i].second; };
    return choice_of({std::move(path), std::move(help)}, std::move(names), std::move(current),
                     std::move(assign));
  }

  // A list of groups, each described by the same function, in groups within it or not; from a file
  // only.
  template <typename T>
  Setting& groups(std::string path, std::vector<T>& value, void (*describe)(Schema&, T&),
                  std::string help) {
    auto make = [&value, describe](std::size_t count) {
      value.assign(count, T{});
      std::vector<Schema> schemas(count);
      for (std::size_t i = 0; i < count; ++i) describe(schemas[i], value[i]);
      return schemas;
    };
    auto example = [describe] {
      auto one = std::make_shared<T>();
      auto schema = std::make_shared<Schema>();
      describe(*schema, *one);
      schema->keeps_ = one;
      return schema;
    };
    return groups_of({std::move(path), std::move(help)}, std::move(make), std::move(example));
  }

  // Either one group, whose settings stand here, or at `path` a list of such groups: the list takes
  // the place of all that `describe_here` describes, and who gives both is told to choose.
  template <typename T>
  Setting& one_or_groups(std::string path, T& one, void (*describe_here)(Schema&, T&),
                         std::vector<T>& several, void (*describe_item)(Schema&, T&),
                         std::string help) {
    const std::size_t first = settings_.size();
    describe_here(*this, one);
    for (std::size_t i = first; i < settings_.size(); ++i) settings_[i]->instead = path;
    return groups(std::move(path), several, describe_item, std::move(help));
  }

  const std::vector<std::unique_ptr<Setting>>& settings() const { return settings_; }
  // The setting of that path, or null.
  Setting* find(std::string_view path) const;
  // What was given in place of that setting, or null.
  const Setting* given_instead_of(const Setting& setting) const;
  // Whether there are settings below that path.
  bool is_group(std::string_view path) const;

 private:
  struct Names {
    std::string path;
    std::string help;
  };
  Setting& add(Names names, Setting::Type type);
  Setting& choice_of(Names names, std::vector<std::string> words,
                     std::function<std::size_t()> current, std::function<void(std::size_t)> assign);
  Setting& groups_of(Names names, Setting::SetGroups make,
                     std::function<std::shared_ptr<Schema>()> example);

  std::vector<std::unique_ptr<Setting>> settings_;
  std::shared_ptr<void> keeps_;  // what an example's settings point into
};

// `RESCIND_AUTHORITY_ACCESS_TTL` for authority.access_ttl.
std::string environment_name(std::string_view path);

// Where values come from.
struct Flag {
  std::string name;  // "--issuer"
  std::string path;  // "authority.issuer"
  std::string value;
};
struct Sources {
  std::string file_name;                 // what errors call the file
  std::optional<std::string> file_text;  // none: there is no file
  std::vector<std::string> environment;  // "NAME=value" each
  // Names of RESCIND_… variables that are no settings, but known.
  std::vector<std::string> other_variables;
  std::vector<Flag> flags;
};

// The process's own environment.
std::vector<std::string> process_environment();

struct Loaded {
  // What is odd but not wrong, one line each: a RESCIND_… variable that names no setting.
  std::vector<std::string> warnings;
};

// Fills the variables behind the schema. Everything that is wrong is told at once, one line each:
// where, what, and what was probably meant (kInvalid). A secret's value is never repeated. After an
// error the variables hold nothing that may be used.
Result<Loaded> load(Schema& schema, const Sources& sources);

}  // namespace rescind::daemon
