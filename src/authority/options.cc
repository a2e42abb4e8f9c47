#include "authority/options.h"

namespace rescind::authority {
namespace {

constexpr Milliseconds kLongestGrace{60'000};

}  // namespace

Result<void> check(const Options& options) {
  const auto invalid = [](const char* what) { return fail(ErrorCode::kInvalid, what); };
  const bool is_url =
      options.issuer.starts_with("https://") || options.issuer.starts_with("http://");
  if (!is_url || options.issuer.ends_with('/')) {
    return invalid("the issuer is an https URL without a slash at its end");
  }
  if (options.issuer.find_first_of("?#") != std::string::npos) {
    return invalid("the issuer has neither query nor fragment (RFC 8414 2)");
  }
  if (options.access_ttl < std::chrono::seconds(1) || options.refresh_ttl < options.access_ttl) {
    return invalid("a session outlives its access tokens");
  }
  if (options.reuse_grace < Milliseconds::zero() || options.reuse_grace > kLongestGrace) {
    return invalid("reuse_grace is at most 60 s");
  }
  if (options.rotate_every <= options.publish_before) {
    return invalid("keys are published before they sign: rotate_every is longer");
  }
  if (options.password_threads == 0 || options.signing_threads == 0) {
    return invalid("at least one thread for passwords and one for signatures");
  }
  return {};
}

}  // namespace rescind::authority
