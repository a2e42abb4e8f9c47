// Manifests: whatever is read is written and read the same again, and nothing unsigned is believed.
// An input that begins with a brace is taken as a payload.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "feed/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (!input.starts_with('{')) {
    CHECK(!rescind::feed::open_manifest(input, {}).has_value());
    return 0;
  }
  const auto manifest = rescind::feed::parse_manifest(input);
  if (!manifest) return 0;
  const auto again = rescind::feed::parse_manifest(rescind::feed::to_json(*manifest));
  CHECK(again.has_value());
  CHECK(again->position == manifest->position && again->head == manifest->head);
  CHECK(again->terms == manifest->terms && again->keys == manifest->keys);
  CHECK(*again->rules == *manifest->rules && again->segments == manifest->segments);
  return 0;
}
