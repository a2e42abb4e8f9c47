#pragma once
// YAML text as a tree that remembers where each value stood. It knows the part of YAML that has one
// reading: maps with text keys, sequences, scalars. Anchors, aliases, tags, several documents and
// merge keys are refused; duplicate keys are kept side by side, for the loader to name both.
//
// Values own their memory. Pure, thread-safe; ≈ 0.1 ms for a usual file.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace rescind::daemon {

struct YamlPlace {
  int line = 0;    // from 1
  int column = 0;  // from 1
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  struct Member;

  Kind kind = Kind::kNull;
  YamlPlace place;
  std::string text;             // kScalar
  std::vector<YamlNode> items;  // kSequence
  std::vector<Member> members;  // kMap, in the order of the text
};

struct YamlNode::Member {
  std::string key;
  YamlPlace place;  // of the key
  YamlNode value;
};

// The document's root, which is a map (kNull where the text is empty). `name` is what errors call
// the text: "rescind.yaml:3:7: …". kInvalid, or kTooLarge past the limits of limits.h.
Result<YamlNode> parse_yaml(std::string_view text, std::string_view name);

}  // namespace rescind::daemon
