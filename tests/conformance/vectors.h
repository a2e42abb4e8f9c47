#pragma once
// The public vector suites: where they are, and what the tests of this folder share. The folder is
// named by RESCIND_VECTORS, else it lies beside the source tree; where there is none, the tests say
// that they did not run.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "jwt/key.h"

namespace rescind::conformance {

// Nothing where the vectors are not there.
std::optional<std::filesystem::path> vectors_folder();

std::string read_file(const std::filesystem::path& file);

// A vector file, parsed with limits as wide as it needs. Ends the process where it is damaged.
class Document {
 public:
  explicit Document(const std::filesystem::path& file);
  json::Value root() const { return root_; }

 private:
  json::Reader reader_;
  json::Value root_;
};

// A member that has to be there.
json::Value member(json::Value object, std::string_view name);
std::string text(json::Value object, std::string_view name);
std::int64_t integer(json::Value object, std::string_view name);
std::string hex_bytes(json::Value object, std::string_view name);

// Writes a value back as JSON, without the members named at any depth.
std::string to_json(json::Value value, const std::vector<std::string_view>& without = {});

// How an implementation does against the verdicts of one suite.
class Tally {
 public:
  explicit Tally(std::string suite) : suite_(std::move(suite)) {}
  // Prints the line that the suite's users want to see.
  ~Tally();
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;

  void count(std::int64_t id, bool expected, bool accepted);
  int agree() const { return agree_; }
  int refused() const { return refused_; }
  const std::vector<std::int64_t>& differ() const { return differ_; }

 private:
  std::string suite_;
  int agree_ = 0;
  int refused_ = 0;  // of all that were counted
  std::vector<std::int64_t> differ_;
};

// Keys for jws_verifies out of a JWK or a JWK Set: public keys by KeySet::parse, shared secrets
// (which no key set may bring) by Key::from_secret, and never both.
jwt::KeySet keys_of(json::Value jwk_or_set, std::optional<jwt::Algorithm> fallback = std::nullopt);

// The strict reading of a compact JWS: its parts, header, key, that key's algorithm, signature.
bool jws_verifies(std::string_view token, const jwt::KeySet& keys);

#define REQUIRE_VECTORS(folder)                                 \
  const auto folder = ::rescind::conformance::vectors_folder(); \
  if (!folder) GTEST_SKIP() << "no vectors: set RESCIND_VECTORS to the folder of them"

}  // namespace rescind::conformance
