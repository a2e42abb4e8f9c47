#pragma once
// Tokens whose signature has been found good, revoked ones too. It may spare parsing and the
// signature, never times, audience or revocation: those are asked at every check. A keyed hash
// finds the set, the whole token is compared byte for byte, so no collision can make one token
// another, and nobody can choose which tokens share a set. One thread. What was made under other
// keys or rules its user makes anew.
//
// Bounded. Each set has three places for tokens that were accepted again after they came, and three
// for newcomers, which replace one another: a flood of tokens that are seen once takes no place
// from one that is in use.
//
// Cost: a hash (≈ 70 ns for 600 bytes), one cache line for the set, the token's own lines, which
// are asked for all at once. No allocation but in insert().

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "verifier/checks.h"
#include "verifier/targets.h"

namespace rescind::verifier {

class VerifiedToken;
struct FreeVerifiedToken {
  void operator()(VerifiedToken* token) const;
};
using VerifiedTokenPtr = std::unique_ptr<VerifiedToken, FreeVerifiedToken>;

// What is known of a token whose signature is good. One piece of memory: behind it lie its text and
// the keys of its targets.
class VerifiedToken {
 public:
  static VerifiedTokenPtr make(std::string_view text, const Targets& targets);
  VerifiedToken(const VerifiedToken&) = delete;
  VerifiedToken& operator=(const VerifiedToken&) = delete;

  std::string_view text() const { return {behind(), text_size_}; }
  TargetsView targets() const;

  std::uint32_t issuers_epoch = 0;  // whose keys verified it
  std::uint32_t rules_epoch = 0;    // from whose rules, of which region, the targets are
  LastLook look;
  Dates dates;
  std::shared_ptr<const Claims> claims;
  // False where no rules name its issuer: nobody has said what of it can be revoked, so nobody can
  // vouch for it, however fresh the feed is.
  bool covered = false;
  std::uint8_t index = 0;  // of the verifier's, the one that can revoke it

 private:
  friend class TokenCache;
  friend struct FreeVerifiedToken;
  VerifiedToken(std::string_view text, const Targets& targets);
  ~VerifiedToken() = default;
  const char* behind() const { return reinterpret_cast<const char*>(this + 1); }

  bool proven_ = false;
  revocation::StampKind stamps_;
  std::uint8_t plain_keys_;
  std::uint8_t cut_keys_;
  std::uint32_t text_size_;
  std::uint64_t hash_ = 0;
  revocation::Stamp stamp_;
};

// Memory for many: in huge pages where the system has them, since a place of chance in a large
// table is else looked up in the page tables first.
void* allocate_huge(std::size_t bytes);
void free_huge(void* memory, std::size_t bytes);
template <typename T>
struct HugePages {
  using value_type = T;
  HugePages() = default;
  template <typename U>
  explicit HugePages(const HugePages<U>& /*other*/) {}
  T* allocate(std::size_t count) { return static_cast<T*>(allocate_huge(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) { free_huge(memory, count * sizeof(T)); }
  bool operator==(const HugePages& /*other*/) const { return true; }
};

class TokenCache {
 public:
  // Rounded up to a whole set of six; 0: remembers nothing.
  TokenCache(std::size_t capacity, Random& random);

  // Null where it is not there. Valid until the next insert().
  VerifiedToken* find(std::string_view token);
  // In the place of the one with the same text, if there is one. Returns it, also where nothing is
  // remembered.
  VerifiedToken* insert(VerifiedTokenPtr token);
  // It was found and accepted: it is in use.
  void prove(VerifiedToken& token) {
    if (!token.proven_) move_to_proven(token);
  }

 private:
  static constexpr std::size_t kWays = 6;
  static constexpr std::size_t kProven = 3;  // the first of them
  struct alignas(64) Set {
    std::array<VerifiedTokenPtr, kWays> tokens;
    std::array<std::uint16_t, kWays> tags{};  // of the hash, so that others need not be looked at
    std::uint8_t used = 0;                    // a bit a way: found since somebody wanted its place
    std::uint8_t next = 0;                    // which newcomer goes next
  };
  static_assert(sizeof(Set) == 64);
  std::uint64_t hash(std::string_view token) const;
  Set& set_of(std::uint64_t hash);
  static std::size_t place_for_newcomer(Set& set);
  void move_to_proven(VerifiedToken& token);

  alignas(32) std::array<std::uint64_t, 4> secret_{};
  std::vector<Set, HugePages<Set>> sets_;
  VerifiedTokenPtr unremembered_;
};

}  // namespace rescind::verifier
