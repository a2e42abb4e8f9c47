#include "net/http_peer.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace rescind::net {
namespace beast = boost::beast;

std::vector<PeerMessage> peer_requests(std::string_view bytes) {
  std::vector<PeerMessage> messages;
  while (!bytes.empty()) {
    beast::http::request_parser<beast::http::string_body> parser;
    parser.eager(true);
    beast::error_code error;
    while (!parser.is_done() && !bytes.empty()) {
      const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
      bytes.remove_prefix(used);
      if (error || used == 0) break;
    }
    if (error || !parser.is_done()) break;
    const auto& message = parser.get();
    messages.push_back({.method = std::string(message.method_string()),
                        .target = std::string(message.target()),
                        .body = message.body()});
  }
  return messages;
}

}  // namespace rescind::net
