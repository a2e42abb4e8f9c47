#include "jwt/base64url.h"

#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rescind::jwt {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xff;

// The six bits of each character; kNone, whose high bits none of them has, outside the alphabet.
constexpr std::array<std::uint8_t, 256> kBits = [] {
  std::array<std::uint8_t, 256> bits{};
  bits.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    bits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return bits;
}();

std::uint32_t bits_of(char c) { return kBits[static_cast<unsigned char>(c)]; }

char character(std::uint32_t bits) { return kAlphabet[bits & 63U]; }

char low_byte(std::uint32_t value) { return static_cast<char>(value & 255U); }

// Two or three characters make one or two bytes; the bits left over have to be zero, or one byte
// string had several spellings (and one token several).
bool decode_tail(std::string_view tail, char* out) {
  const std::uint32_t a = bits_of(tail[0]);
  const std::uint32_t b = bits_of(tail[1]);
  const std::uint32_t c = tail.size() == 3 ? bits_of(tail[2]) : 0;
  if ((a | b | c) > 63) return false;
  out[0] = low_byte(a << 2U | b >> 4U);
  if (tail.size() == 2) return (b & 15U) == 0;
  out[1] = low_byte(b << 4U | c >> 2U);
  return (c & 3U) == 0;
}

#if defined(__x86_64__)
// By vectors, after W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2
// Instructions" (2018). A character is looked at by the high and the low half of its byte.
struct Tables {
  // Disjoint bits where, and only where, the character is in the alphabet.
  alignas(16) std::array<std::uint8_t, 16> wrong_by_high{};
  alignas(16) std::array<std::uint8_t, 16> wrong_by_low{};
  // What to add to get the six bits; to `_`, which has the high half of P to Z, kUnderscore more.
  alignas(16) std::array<std::uint8_t, 16> shift_by_high{};
};
constexpr std::uint8_t kUnderscore = (63 - '_') - (0 - 'A');

constexpr Tables kTables = [] {
  Tables tables;
  // High halves with a letter each; 7 stands for those without any.
  constexpr std::array<std::uint8_t, 16> kClass = {7, 7, 0, 1, 2, 3, 4, 5, 7, 7, 7, 7, 7, 7, 7, 7};
  for (std::size_t high = 0; high < 16; ++high) {
    tables.wrong_by_high[high] = static_cast<std::uint8_t>(1U << kClass[high]);
    for (std::size_t low = 0; low < 16; ++low) {
      const std::uint8_t bits = kBits[high << 4U | low];
      if (bits == kNone) tables.wrong_by_low[low] |= tables.wrong_by_high[high];
      if (bits != kNone && bits != 63) {
        tables.shift_by_high[high] = static_cast<std::uint8_t>(bits - (high << 4U | low));
      }
    }
  }
  return tables;
}();

const __m128i* table(const std::array<std::uint8_t, 16>& bytes) {
  return reinterpret_cast<const __m128i*>(bytes.data());
}

// 32 characters to 24 bytes (and eight more behind them that are overwritten) at a time; how many
// were read. The last 44 are left to others, so that what is written stays within `out`.
__attribute__((target("avx2"))) std::size_t decode_by_32(std::string_view text, char* out,
                                                         std::uint32_t& wrong) {
  const __m256i by_high = _mm256_broadcastsi128_si256(*table(kTables.wrong_by_high));
  const __m256i by_low = _mm256_broadcastsi128_si256(*table(kTables.wrong_by_low));
  const __m256i shifts = _mm256_broadcastsi128_si256(*table(kTables.shift_by_high));
  const __m256i order = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
  const __m256i half = _mm256_set1_epi8(0x0f);
  __m256i found = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 44 <= text.size(); i += 32, out += 24) {
    const __m256i in = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + i));
    const __m256i high = _mm256_and_si256(_mm256_srli_epi32(in, 4), half);
    const __m256i low = _mm256_and_si256(in, half);
    found = _mm256_or_si256(found, _mm256_and_si256(_mm256_shuffle_epi8(by_high, high),
                                                    _mm256_shuffle_epi8(by_low, low)));
    const __m256i under = _mm256_and_si256(_mm256_cmpeq_epi8(in, _mm256_set1_epi8('_')),
                                           _mm256_set1_epi8(static_cast<char>(kUnderscore)));
    const __m256i bits =
        _mm256_add_epi8(in, _mm256_add_epi8(_mm256_shuffle_epi8(shifts, high), under));
    const __m256i pairs = _mm256_maddubs_epi16(bits, _mm256_set1_epi32(0x01400140));  // 12 bits
    const __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));   // 24 bits
    const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, order),
                                                      _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
  }
  if (_mm256_testz_si256(found, found) == 0) wrong = kNone;
  return i;
}

// The same for 16 characters at a time; the last 24 are left to others.
__attribute__((target("ssse3"))) std::size_t decode_by_16(std::string_view text, char* out,
                                                          std::uint32_t& wrong) {
  const __m128i by_high = *table(kTables.wrong_by_high);
  const __m128i by_low = *table(kTables.wrong_by_low);
  const __m128i shifts = *table(kTables.shift_by_high);
  const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  const __m128i half = _mm_set1_epi8(0x0f);
  __m128i found = _mm_setzero_si128();
  std::size_t i = 0;
  for (; i + 24 <= text.size(); i += 16, out += 12) {
    const __m128i in = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    const __m128i high = _mm_and_si128(_mm_srli_epi32(in, 4), half);
    const __m128i low = _mm_and_si128(in, half);
    found = _mm_or_si128(
        found, _mm_and_si128(_mm_shuffle_epi8(by_high, high), _mm_shuffle_epi8(by_low, low)));
    const __m128i under = _mm_and_si128(_mm_cmpeq_epi8(in, _mm_set1_epi8('_')),
                                        _mm_set1_epi8(static_cast<char>(kUnderscore)));
    const __m128i bits = _mm_add_epi8(in, _mm_add_epi8(_mm_shuffle_epi8(shifts, high), under));
    const __m128i pairs = _mm_maddubs_epi16(bits, _mm_set1_epi32(0x01400140));
    const __m128i groups = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(groups, order));
  }
  if (_mm_movemask_epi8(_mm_cmpeq_epi8(found, _mm_setzero_si128())) != 0xffff) wrong = kNone;
  return i;
}

std::size_t decode_many(std::string_view text, char* out, std::uint32_t& wrong) {
  static const bool has_32 = __builtin_cpu_supports("avx2") != 0;
  static const bool has_16 = __builtin_cpu_supports("ssse3") != 0;
  std::size_t read = has_32 ? decode_by_32(text, out, wrong) : 0;
  if (has_16) read += decode_by_16(text.substr(read), out + read / 4 * 3, wrong);
  return read;
}
#else
std::size_t decode_many(std::string_view /*text*/, char* /*out*/, std::uint32_t& /*wrong*/) {
  return 0;
}
#endif

}  // namespace

std::string base64url_encode(ByteView bytes) {
  std::string text((bytes.size() * 4 + 2) / 3, '\0');
  char* out = text.data();
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group =
        std::uint32_t{bytes[i]} << 16U | std::uint32_t{bytes[i + 1]} << 8U | bytes[i + 2];
    *out++ = character(group >> 18U);
    *out++ = character(group >> 12U);
    *out++ = character(group >> 6U);
    *out++ = character(group);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return text;
  const std::uint32_t second = rest == 2 ? bytes[i + 1] : 0;
  const std::uint32_t group = std::uint32_t{bytes[i]} << 16U | second << 8U;
  *out++ = character(group >> 18U);
  *out++ = character(group >> 12U);
  if (rest == 2) *out = character(group >> 6U);
  return text;
}

bool base64url_decode(std::string_view text, std::string& out) {
  const std::size_t tail = text.size() % 4;
  if (tail == 1) return false;
  out.resize(text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1));
  char* write = out.data();
  std::uint32_t wrong = 0;  // collected, so that the loop has no branch in it
  std::size_t i = decode_many(text, write, wrong);
  write += i / 4 * 3;
  for (; i + 4 <= text.size(); i += 4, write += 3) {
    const std::uint32_t a = bits_of(text[i]);
    const std::uint32_t b = bits_of(text[i + 1]);
    const std::uint32_t c = bits_of(text[i + 2]);
    const std::uint32_t d = bits_of(text[i + 3]);
    wrong |= a | b | c | d;
    const std::uint32_t group = a << 18U | b << 12U | c << 6U | d;
    write[0] = low_byte(group >> 16U);
    write[1] = low_byte(group >> 8U);
    write[2] = low_byte(group);
  }
  if (wrong > 63) return false;
  return tail == 0 || decode_tail(text.substr(i), write);
}

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string out;
  if (!base64url_decode(text, out)) return std::nullopt;
  return out;
}

}  // namespace rescind::jwt
