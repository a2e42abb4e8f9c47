// Whatever is accepted as a segment has one spelling, and nothing that is not crashes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "revocation/segment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using rescind::revocation::Entry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<Entry> entries;
  const auto visit = [&entries](const Entry& entry) { entries.push_back(entry); };
  if (rescind::revocation::decode_segment(text, visit)) {
    CHECK(rescind::revocation::encode_segments(entries) == std::vector{std::string(text)});
  }
  return 0;
}
