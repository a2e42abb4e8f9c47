#include "vectors.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "base/bytes.h"
#include "base/check.h"
#include "jwt/base64url.h"
#include "jwt/jws.h"

namespace rescind::conformance {
namespace {

constexpr json::Limits kWide{.bytes = std::size_t{16} << 20U, .depth = 32, .members = 1'000'000};

void write(json::Value value, const std::vector<std::string_view>& without, json::Writer& out) {
  const bool is_object = value.is_object();
  if (is_object || value.is_array()) {
    is_object ? out.object() : out.array();
    for (auto child = value.first(); child; child = child->next()) {
      if (is_object) {
        if (std::find(without.begin(), without.end(), child->name()) != without.end()) continue;
        out.name(child->name());
      }
      write(*child, without, out);
    }
    out.end();
  } else if (const auto string = value.string()) {
    out.value(*string);
  } else if (const auto truth = value.boolean()) {
    out.value(*truth);
  } else if (const auto whole = value.integer()) {
    out.value(*whole);
  } else if (const auto number = value.number()) {
    out.value(*number);
  } else {
    out.null();
  }
}

bool is_secret(json::Value jwk) { return jwk.find("kty") && text(jwk, "kty") == "oct"; }

// What KeySet::parse does for public keys, for a secret that stands in a vector file.
std::optional<jwt::Key> secret_key(json::Value jwk) {
  if (const auto use = jwk.find("use"); use && use->string() != "sig") return std::nullopt;
  if (const auto operations = jwk.find("key_ops")) {
    bool verifies = false;
    for (auto one = operations->first(); one; one = one->next()) {
      verifies |= one->string() == "verify";
    }
    if (!verifies) return std::nullopt;
  }
  const auto algorithm = jwt::algorithm_named(jwk.find("alg") ? text(jwk, "alg") : "HS256");
  const auto secret = jwt::base64url_decode(text(jwk, "k"));
  if (!algorithm || !secret) return std::nullopt;
  auto key =
      jwt::Key::from_secret(jwk.find("kid") ? text(jwk, "kid") : "", *algorithm, Secret(*secret));
  if (!key) return std::nullopt;
  return *std::move(key);
}

bool repeats_key_id(const std::vector<json::Value>& jwks) {
  std::set<std::string> seen;
  for (const json::Value jwk : jwks) {
    if (jwk.find("kid") && !seen.insert(text(jwk, "kid")).second) return true;
  }
  return false;
}

}  // namespace

std::optional<std::filesystem::path> vectors_folder() {
  const char* const named = std::getenv("RESCIND_VECTORS");
  const std::filesystem::path folder = named != nullptr ? named : RESCIND_DEFAULT_VECTORS;
  std::error_code error;
  if (!std::filesystem::is_directory(folder / "wycheproof", error)) return std::nullopt;
  return folder;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  CHECK(stream.good());
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

Document::Document(const std::filesystem::path& file) {
  const auto root = reader_.parse(read_file(file), kWide);
  if (!root) std::cerr << file << ": " << root.error().message << "\n";
  CHECK(root.has_value());
  root_ = *root;
}

json::Value member(json::Value object, std::string_view name) {
  const auto found = object.find(name);
  if (!found) std::cerr << "no member " << name << "\n";
  CHECK(found.has_value());
  return *found;
}

std::string text(json::Value object, std::string_view name) {
  const auto found = member(object, name).string();
  CHECK(found.has_value());
  return std::string(*found);
}

std::int64_t integer(json::Value object, std::string_view name) {
  const auto found = member(object, name).integer();
  CHECK(found.has_value());
  return *found;
}

std::string hex_bytes(json::Value object, std::string_view name) {
  const std::string hex = text(object, name);
  std::string bytes(hex.size() / 2, '\0');
  CHECK(from_hex(hex, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

std::string to_json(json::Value value, const std::vector<std::string_view>& without) {
  json::Writer out;
  write(value, without, out);
  return out.take();
}

Tally::~Tally() {
  std::cout << "[  SUITE   ] " << suite_ << ": agree " << agree_ << ", differ " << differ_.size()
            << ", refused " << refused_ << std::endl;
}

void Tally::count(std::int64_t id, bool expected, bool accepted) {
  if (!accepted) ++refused_;
  if (expected == accepted) {
    ++agree_;
  } else {
    differ_.push_back(id);
  }
}

jwt::KeySet keys_of(json::Value jwk_or_set, std::optional<jwt::Algorithm> fallback) {
  const auto listed = jwk_or_set.find("keys");
  std::vector<json::Value> jwks;
  if (listed) {
    for (auto jwk = listed->first(); jwk; jwk = jwk->next()) jwks.push_back(*jwk);
  } else {
    jwks.push_back(jwk_or_set);
  }
  if (std::none_of(jwks.begin(), jwks.end(), is_secret)) {
    std::string set = to_json(jwk_or_set);
    if (!listed) set = "{\"keys\":[" + set + "]}";
    auto parsed = jwt::KeySet::parse(set, fallback);
    return parsed ? std::move(parsed->keys) : jwt::KeySet();
  }
  if (!std::all_of(jwks.begin(), jwks.end(), is_secret) || repeats_key_id(jwks)) return {};
  std::vector<jwt::Key> keys;
  for (const json::Value jwk : jwks) {
    if (auto key = secret_key(jwk)) keys.push_back(*std::move(key));
  }
  return jwt::KeySet(std::move(keys));
}

bool jws_verifies(std::string_view token, const jwt::KeySet& keys) {
  const auto parts = jwt::split_compact(token, std::size_t{64} << 10U);
  if (!parts) return false;
  const auto header_text = jwt::base64url_decode(parts->header);
  const auto signature = jwt::base64url_decode(parts->signature);
  if (!header_text || !jwt::base64url_decode(parts->payload) || !signature) return false;
  json::Reader reader;
  const auto header = jwt::read_header(*header_text, reader);
  if (!header) return false;
  const jwt::Key* const key = keys.find(header->key_id);
  if (key == nullptr || key->algorithm() != header->algorithm) return false;
  return key->verify(parts->signing_input, bytes_of(*signature));
}

}  // namespace rescind::conformance
