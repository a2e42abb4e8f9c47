#include "issuer/http_get.h"

#include <utility>

#include "issuer/discovery.h"

namespace rescind::issuer {
namespace {

Result<std::string> document_of(Result<net::Response> response) {
  if (!response) return std::unexpected(std::move(response).error());
  if (response->status == 200) return std::move(response->body);
  if (response->status / 100 == 3) {
    return fail(ErrorCode::kUnavailable,
                "the issuer redirects, which is not followed: configure the address it points to");
  }
  return fail(ErrorCode::kUnavailable, "the issuer answers " + std::to_string(response->status));
}

}  // namespace

Get http_get(net::Client& client, std::chrono::milliseconds timeout) {
  return [&client, timeout](const std::string& url, std::function<void(Result<std::string>)> then) {
    const Result<void> allowed = check_url(url);
    if (!allowed) return then(std::unexpected(allowed.error()));
    net::FetchRequest request;
    request.url = url;
    request.headers = {{"Accept", "application/jwk-set+json, application/json"}};
    request.connect_timeout = timeout;
    request.timeout = timeout;
    request.max_body = kMaxDocumentBytes;
    client.fetch(std::move(request), [then = std::move(then)](Result<net::Response> response) {
      then(document_of(std::move(response)));
    });
  };
}

GetFor http_get_on(net::Loop& loop, std::chrono::milliseconds timeout) {
  return [&loop, timeout](const IssuerOptions& options) -> Result<Get> {
    net::ClientOptions settings;
    if (!options.authorities.empty()) {
      TRY_ASSIGN(settings.tls, net::TlsContext::for_client(options.authorities));
    }
    const auto client = std::make_shared<net::Client>(loop, std::move(settings));
    return Get([client, get = http_get(*client, timeout)](const auto& url, auto then) {
      get(url, std::move(then));
    });
  };
}

}  // namespace rescind::issuer
