#include "net/websocket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/check.h"
#include "net/header_value.h"
#include "net/url.h"

namespace rescind::net {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kKey = "Sec-WebSocket-Key";
constexpr std::string_view kVersion = "Sec-WebSocket-Version";
constexpr std::string_view kOurVersion = "13";

std::string base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// SHA-1 proves nothing here but that the peer has read our key (RFC 6455 10.8).
std::string accept_of(std::string_view key) {
  const std::string text = std::string(key) + std::string(kGuid);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  const bool done =
      EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1;
  CHECK(done);
  return base64(ByteView(digest).first(size));
}

// The base64 of 16 bytes.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, 22), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
         });
}

bool has_element(const Headers& headers, std::string_view name, std::string_view element) {
  return std::ranges::any_of(headers, [&](const Header& field) {
    return equal_ignoring_case(field.name, name) && list_contains(field.value, element);
  });
}

// Of the scheme nothing is known where a proxy has taken TLS away.
bool is_own_origin(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && equal_ignoring_case(origin.substr(scheme + 3), host);
}

}  // namespace

bool asks_for_websocket(const Request& request) {
  return has_element(request.headers, "Upgrade", "websocket");
}

Response answer_websocket(const Request& request) {
  const Headers& headers = request.headers;
  if (request.method != Method::kGet || request.version_1_0 || !request.body.empty()) {
    return problem_response(400, "a WebSocket is asked for with GET, HTTP/1.1 and no body");
  }
  if (!asks_for_websocket(request) || !has_element(headers, "Connection", "upgrade")) {
    return problem_response(400,
                            "a WebSocket is asked for with `Upgrade: websocket` and "
                            "`Connection: Upgrade`; a proxy may have taken one away");
  }
  const auto version = headers.find(kVersion);
  if (!version || headers.count(kVersion) != 1) {
    return problem_response(400, "one Sec-WebSocket-Version is expected");
  }
  if (*version != kOurVersion) {
    Response response = problem_response(426, "version 13 of WebSocket is spoken here");
    response.headers.emplace_back("Upgrade", "websocket");
    response.headers.emplace_back(kVersion, kOurVersion);
    return response;
  }
  const auto key = headers.find(kKey);
  if (!key || headers.count(kKey) != 1 || !is_key(*key)) {
    return problem_response(400, "one Sec-WebSocket-Key is expected: 16 bytes in base64");
  }
  for (const Header& field : headers) {
    if (equal_ignoring_case(field.name, "Origin") && !is_own_origin(field.value, request.host)) {
      return problem_response(403, "a page of another origin may not open this WebSocket");
    }
  }
  return {.status = 101,
          .headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", accept_of(*key)}}};
}

std::string websocket_key(Random& random) {
  std::array<std::uint8_t, 16> bytes;
  random.fill(bytes);
  return base64(bytes);
}

HeaderList websocket_headers(std::string_view key) {
  return {{"Upgrade", "websocket"},
          {std::string(kVersion), std::string(kOurVersion)},
          {std::string(kKey), std::string(key)}};
}

Result<void> check_websocket(const Response& head, std::string_view key) {
  const auto no = [](std::string why) { return fail(ErrorCode::kUnavailable, std::move(why)); };
  if (head.status != 101) {
    return no("the server answers " + std::to_string(head.status) +
              " and opens no WebSocket; a proxy in between has to pass `Upgrade` and `Connection`");
  }
  const auto upgrade = head.header("Upgrade");
  const auto connection = head.header("Connection");
  if (!upgrade || !equal_ignoring_case(*upgrade, "websocket") || !connection ||
      !list_contains(*connection, "upgrade")) {
    return no("the server changes to another protocol than WebSocket");
  }
  const auto accept = head.header("Sec-WebSocket-Accept");
  if (!accept || *accept != accept_of(key)) {
    return no(
        "the server's answer is to another handshake than ours; is there a cache in between?");
  }
  if (head.header("Sec-WebSocket-Extensions") || head.header("Sec-WebSocket-Protocol")) {
    return no("the server wants an extension or subprotocol that was not asked for");
  }
  return {};
}

}  // namespace rescind::net
