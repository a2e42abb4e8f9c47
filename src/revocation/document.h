#pragma once
// A text in an index's region that is replaced whole: the rules, the issuers' keys. Readers copy
// it; who is overtaken by the writer while copying copies again. A writer that dies in the middle
// leaves the text before. One writer, any number of readers.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "revocation/region.h"
#include "revocation/turns.h"

namespace rescind::revocation {

// In the region's header; all zeros: no text yet.
struct DocumentWords {
  struct Place {
    std::uint64_t offset = 0;  // from the region's start
    std::uint64_t bytes = 0;
    std::uint64_t generation = 0;
    std::uint64_t checksum = 0;  // the first 8 bytes of the text's SHA-256, lowest first
  };
  // Grows by one with each text, after it can be read.
  std::atomic<std::uint64_t> generation{0};
  Turns<Place> place;
};

inline constexpr std::size_t kMaxDocumentBytes = std::size_t{16} << 20U;

class DocumentWriter {
 public:
  DocumentWriter(Region& region, DocumentWords& words) : region_(region), words_(words) {}
  // kTooLarge, kExhausted: the text before stays.
  Result<void> replace(std::string_view text);

 private:
  Region& region_;
  DocumentWords& words_;
  DocumentWords::Place current_;
};

// The text and its generation; an empty one of generation 0 where there is none yet. Nothing where
// what stands there is no such text, however often one looks: the region is damaged.
struct Document {
  std::string text;
  std::uint64_t generation = 0;
};
std::optional<Document> read_document(const DocumentWords& words, const std::byte* base,
                                      std::size_t size);

}  // namespace rescind::revocation
