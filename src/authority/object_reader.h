#pragma once
// Reads the members of a JSON body, strictly: each is asked for by name, type and limit; a member
// that nobody asks for, a wrong type or a missing one is kInvalid and names the member. Strings are
// copied out, so that they outlive the body. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace rescind::authority {

class ObjectReader {
 public:
  explicit ObjectReader(json::Value object) : object_(object) {}

  // Not empty, at most `limit` bytes, no control characters (RFC 8725 3.7: they become claims).
  std::string text(std::string_view name, std::size_t limit);
  // Empty where it is left out.
  std::string optional_text(std::string_view name, std::size_t limit);
  // Whatever bytes; may be empty only where it is left out.
  Secret secret(std::string_view name, std::size_t limit);
  Secret optional_secret(std::string_view name, std::size_t limit);
  bool optional_truth(std::string_view name);
  // A string, or an array of at most `count` of them.
  std::vector<std::string> optional_texts(std::string_view name, std::size_t limit,
                                          std::size_t count);
  // The member as it is, for what has more than one type.
  std::optional<json::Value> optional_value(std::string_view name);

  void refuse(std::string_view name, std::string_view why);
  // The first thing that was wrong, or a member that nobody asked for.
  Result<void> finish() const;

 private:
  std::optional<std::string_view> string_of(std::string_view name, std::size_t limit,
                                            bool controls);

  json::Value object_;
  std::size_t asked_ = 0;  // members that were there and asked for
  std::optional<Error> error_;
};

}  // namespace rescind::authority
