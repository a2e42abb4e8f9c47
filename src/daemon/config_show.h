#pragma once
// A schema for people and for editors: every value with where it came from, and the JSON Schema of
// the file. Secrets are never among it. Pure but for reading the variables behind the schema.

#include <string>
#include <vector>

#include "daemon/config.h"

namespace rescind::daemon {

struct ShownSetting {
  std::string path;    // "trusted_issuers[0].url" within groups
  std::string value;   // as JSON; of a secret "set" or "not set"
  std::string origin;  // "rescind.yaml:4:15", a variable's or flag's name, or "default"
};

// All settings in the order of the schema, groups item by item; not those that others have taken
// the place of.
std::vector<ShownSetting> shown_settings(const Schema& schema);

// The file's JSON Schema (draft 2020-12). To be called before load(): defaults are what the
// variables hold.
std::string json_schema(const Schema& schema, std::string_view title);

}  // namespace rescind::daemon
