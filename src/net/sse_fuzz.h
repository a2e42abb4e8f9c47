#pragma once
// What the fuzzer of event streams does with one input, for the fuzzer and for the test of its
// corpus.

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/sse.h"

namespace rescind::net {

using TypeAndData = std::pair<std::string, std::string>;

// The events of a stream that comes in pieces; nothing where one is over the limit.
inline std::optional<std::vector<TypeAndData>> read_events(std::string_view bytes,
                                                           std::size_t piece) {
  EventDecoder decoder(512);
  std::vector<TypeAndData> events;
  while (!bytes.empty()) {
    const bool good = decoder.feed(bytes.substr(0, piece), [&](const Event& event) {
      events.emplace_back(event.type, event.data);
    });
    if (!good) return std::nullopt;
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return events;
}

// The first byte says how the others are cut. What was read is read again as it is written. The
// number of events.
inline std::size_t fuzz_events(std::string_view input) {
  if (input.empty()) return 0;
  const std::size_t piece = static_cast<unsigned char>(input.front()) % 16U + 1;
  const std::string_view bytes = input.substr(1);
  const auto whole = read_events(bytes, bytes.size() + 1);
  if (read_events(bytes, piece) != whole) std::abort();
  if (!whole) return 0;
  for (const auto& event : *whole) {
    std::string out;
    append_event(out, {.type = event.first, .data = event.second});
    const auto again = read_events(out, out.size());
    // A field's name makes its line longer than its value.
    if (!again ? event.second.size() < 400 && event.first.size() < 400
               : *again != std::vector{event}) {
      std::abort();
    }
  }
  return whole->size();
}

}  // namespace rescind::net
