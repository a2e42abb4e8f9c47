#pragma once
// The opening handshake of WebSocket (RFC 6455 4), both sides: heads alone, no sockets. No
// extension and no subprotocol is ever agreed on. Pure but for the random key, thread-safe.

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "net/http.h"

namespace rescind::net {

// Server: whether the request asks for a WebSocket, well or badly.
bool asks_for_websocket(const Request& request);

// Server: the head of a 101 for Responder::upgrade(); or what refuses it: 400 a handshake that is
// none, 426 another version, 403 a page of another origin than this host (RFC 6455 10.2; browsers
// send `Origin`, and with it whatever credentials they keep for us; other programs send none).
Response answer_websocket(const Request& request);

// Client: a fresh Sec-WebSocket-Key; the header fields to send with it beside `Connection`; and
// whether the head that came is the answer to it, else kUnavailable with what stands in the way.
std::string websocket_key(Random& random);
HeaderList websocket_headers(std::string_view key);
Result<void> check_websocket(const Response& head, std::string_view key);

}  // namespace rescind::net
