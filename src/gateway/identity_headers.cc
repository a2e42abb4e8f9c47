#include "gateway/identity_headers.h"

#include <algorithm>

namespace rescind::gateway {
namespace {

char normalised(char c) {
  if (c == '_') return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, normalised, normalised);
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

using Member = std::string Claims::*;
struct KnownClaim {
  std::string_view name;
  Member member;
};
constexpr KnownClaim kClaims[] = {
    {"sub", &Claims::subject},         {"sid", &Claims::session_id}, {"jti", &Claims::token_id},
    {"iss", &Claims::issuer},          {"scope", &Claims::scope},    {"email", &Claims::email},
    {"client_id", &Claims::client_id},
};

Member member_of(std::string_view claim) {
  const auto* known = std::ranges::find(kClaims, claim, &KnownClaim::name);
  return known == std::end(kClaims) ? nullptr : known->member;
}

}  // namespace

IdentityHeaders::IdentityHeaders()
    : headers_{{"X-User-Id", "sub"},
               {"X-User-Email", "email"},
               {"X-Session-Id", "sid"},
               {"X-Client-Id", "client_id"},
               {"X-Token-Scope", "scope"}} {}

Result<IdentityHeaders> IdentityHeaders::make(std::vector<IdentityHeader> headers) {
  if (headers.empty() || headers.size() > kMaxIdentityHeaders) {
    return fail(ErrorCode::kInvalid, "between 1 and 32 identity headers are needed");
  }
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (!is_header_name(headers[i].name)) {
      return fail(ErrorCode::kInvalid, "'" + headers[i].name + "' is no name for a header");
    }
    if (member_of(headers[i].claim) == nullptr) {
      return fail(ErrorCode::kInvalid, "'" + headers[i].claim +
                                           "' is no claim that can be forwarded; known: sub, sid, "
                                           "jti, iss, scope, email, client_id");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (same_name(headers[i].name, headers[j].name)) {
        return fail(ErrorCode::kInvalid, "'" + headers[i].name + "' is there twice");
      }
    }
  }
  IdentityHeaders made;
  made.headers_ = std::move(headers);
  return made;
}

std::vector<std::pair<std::string, std::string>> IdentityHeaders::of(const Claims* claims) const {
  std::vector<std::pair<std::string, std::string>> set;
  set.reserve(headers_.size());
  for (const IdentityHeader& header : headers_) {
    set.emplace_back(header.name,
                     claims == nullptr ? "" : header_value(claims->*member_of(header.claim)));
  }
  return set;
}

bool IdentityHeaders::names(std::string_view header) const {
  return std::ranges::any_of(
      headers_, [&](const IdentityHeader& ours) { return same_name(ours.name, header); });
}

bool IdentityHeaders::named_in_connection(std::string_view connection) const {
  while (!connection.empty()) {
    const std::size_t comma = std::min(connection.find(','), connection.size());
    std::string_view element = connection.substr(0, comma);
    connection.remove_prefix(std::min(comma + 1, connection.size()));
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) {
      element.remove_prefix(1);
    }
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) {
      element.remove_suffix(1);
    }
    if (names(element)) return true;
  }
  return false;
}

std::string header_value(std::string_view claim) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string value;
  value.reserve(claim.size());
  for (std::size_t i = 0; i < claim.size(); ++i) {
    const auto byte = static_cast<unsigned char>(claim[i]);
    const bool inner_space = byte == ' ' && i > 0 && i + 1 < claim.size();
    if ((byte > ' ' && byte < 0x7f && byte != '%') || inner_space) {
      value += claim[i];
    } else {
      value += '%';
      value += kDigits[byte >> 4U];
      value += kDigits[byte & 15U];
    }
  }
  return value;
}

}  // namespace rescind::gateway
