#pragma once
// Where an issuer's keys are: OpenID Connect Discovery 1.0, and which URLs we ever fetch from.
// Pure, thread-safe.

#include <string>
#include <string_view>

#include "base/result.h"

namespace rescind::issuer {

// kInvalid unless it is an https URL, or http at a loopback address, without user information and
// fragment. URLs come out of the configuration, and once removed from a discovery
// document: nothing that a token says is ever fetched.
Result<void> check_url(std::string_view url);

// The issuer's discovery document (section 4): the path is appended.
std::string discovery_url(std::string_view issuer);

// The `jwks_uri` of a discovery document. kInvalid where the document is none, its `issuer` is not
// exactly this one (section 4.3), or the URL may not be fetched: one at a loopback address only
// from an issuer that is at one itself.
Result<std::string> key_set_url(std::string_view document, std::string_view issuer);

}  // namespace rescind::issuer
