#include "revocation/document.h"

#include <cstring>

#include "base/bytes.h"

namespace rescind::revocation {
namespace {

// A writer that replaces a text as fast as it can is overtaken by then.
constexpr int kMostLooks = 1000;

std::uint64_t checksum_of(std::string_view text) {
  const Digest digest = sha256(text);
  std::uint64_t checksum = 0;
  for (unsigned i = 0; i < 8; ++i) checksum |= std::uint64_t{digest[i]} << (8 * i);
  return checksum;
}

// Another process writes there at any time: byte by byte it is read as it is, and then judged.
std::string copy_of(const std::byte* from, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) {
    text[i] = static_cast<char>(
        std::atomic_ref(const_cast<std::byte&>(from[i])).load(std::memory_order_relaxed));
  }
  return text;
}

}  // namespace

Result<void> DocumentWriter::replace(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    return fail(ErrorCode::kTooLarge, "a document of the index is larger than 16 MiB");
  }
  TRY_ASSIGN(const std::uint64_t offset, region_.take(text.size() + 1));
  std::byte* const to = region_.base() + offset;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::atomic_ref(to[i]).store(static_cast<std::byte>(text[i]), std::memory_order_relaxed);
  }
  const DocumentWords::Place before = current_;
  current_ = {.offset = offset,
              .bytes = text.size(),
              .generation = before.generation + 1,
              .checksum = checksum_of(text)};
  words_.place.store(current_);
  words_.generation.store(current_.generation, std::memory_order_release);
  if (before.generation > 0) region_.give_back(before.offset, before.bytes + 1);
  return {};
}

std::optional<Document> read_document(const DocumentWords& words, const std::byte* base,
                                      std::size_t size) {
  for (int look = 0; look < kMostLooks; ++look) {
    const DocumentWords::Place place = words.place.load();
    if (place.generation == 0) return Document{};
    if (place.bytes > kMaxDocumentBytes || place.offset > size ||
        place.bytes > size - place.offset) {
      return std::nullopt;
    }
    Document document{.text = copy_of(base + place.offset, place.bytes),
                      .generation = place.generation};
    if (checksum_of(document.text) == place.checksum) return document;
  }
  return std::nullopt;
}

}  // namespace rescind::revocation
