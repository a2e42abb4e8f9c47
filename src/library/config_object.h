#pragma once
// Reads an object of a configuration, strictly: each member is asked for by name and type, and what
// nobody asks for is an error that names it and those that there are. The first error counts. One
// thread; the JSON document outlives it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace rescind::library {

class ConfigObject {
 public:
  // `place` stands before each name in errors: "", "feed.", "issuers[0].".
  ConfigObject(json::Value object, std::string place);

  // Each leaves `out` as it is where there is no such member. A text is not empty.
  void text(std::string_view name, std::string& out);
  void texts(std::string_view name, std::vector<std::string>& out);
  void truth(std::string_view name, bool& out);
  struct Range {
    std::int64_t least, most;
  };
  void integer(std::string_view name, std::int64_t& out, Range range);
  // The member's text, or what is in the file that `name`_file names, without its last line break;
  // not both.
  void secret(std::string_view name, Secret& out);
  void text_or_file(std::string_view name, std::string& out);
  // The text of the file that the member names.
  void file(std::string_view name, std::string& out);
  // What has more than one type, or members of its own.
  std::optional<json::Value> any(std::string_view name);

  void refuse(std::string_view name, std::string_view why);
  Result<void> finish() const;

 private:
  std::optional<std::string_view> text_of(std::string_view name);

  json::Value object_;
  std::string place_;
  std::vector<std::string> asked_;
  std::optional<Error> error_;
};

// Bounded; kNotFound or kTooLarge, naming the file.
Result<std::string> read_config_file(const std::string& path);

}  // namespace rescind::library
