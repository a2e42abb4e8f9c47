#pragma once
// What the JSON fuzzer does with one input, for the fuzzer and for the test of its corpus.

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json.h"

namespace rescind::json {

inline void write_again(Value value, Writer& out) {
  if (value.is_object() || value.is_array()) {
    value.is_object() ? out.object() : out.array();
    for (auto child = value.first(); child; child = child->next()) {
      if (value.is_object()) out.name(child->name());
      write_again(*child, out);
    }
    out.end();
  } else if (const auto text = value.string()) {
    out.value(*text);
  } else if (const auto truth = value.boolean()) {
    out.value(*truth);
  } else if (const auto whole = value.integer()) {
    out.value(*whole);
  } else if (const auto positive = value.unsigned_integer()) {
    out.value(*positive);
  } else if (const auto number = value.number()) {
    out.value(*number);
  } else {
    out.null();
  }
}

// True where the text is accepted. What is accepted, written again, has to be accepted again and be
// the same.
inline bool fuzz_json(std::string_view text) {
  static Reader reader;
  const auto root = reader.read(text, Limits{});
  if (!root) return false;
  Writer first;
  write_again(*root, first);
  // Escapes make a text longer, so more bytes are allowed here.
  const auto again = reader.read(first.text(), Limits{.bytes = 1U << 20U});
  if (!again) std::abort();
  Writer second;
  write_again(*again, second);
  if (first.text() != second.text()) std::abort();
  return true;
}

}  // namespace rescind::json
