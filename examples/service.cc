// A service that says whom a request's token belongs to:  service CONFIG.json PORT
//   curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:PORT/
#include <arpa/inet.h>
#include <rescind/verifier.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

namespace {

std::string answer(const rescind::Verifier& verifier, std::string_view request) {
  constexpr std::string_view kHeader = "\r\nAuthorization: Bearer ";
  const auto begin = request.find(kHeader);
  if (begin == request.npos) return "401 Unauthorized\r\n\r\nmissing\n";
  std::string_view token = request.substr(begin + kHeader.size());
  token = token.substr(0, token.find("\r\n"));
  const rescind::Decision decision = verifier.verify(token);
  if (decision.accepted()) return "200 OK\r\n\r\nhello " + decision.claims()->subject + "\n";
  const bool nobody_knows = decision.reason() == rescind::Reason::kStale;
  const std::string status = nobody_knows ? "503 Service Unavailable" : "401 Unauthorized";
  return status + "\r\n\r\n" + std::string(to_string(*decision.reason())) + "\n";
}

void serve(int listener, const rescind::Verifier& verifier) {
  for (int client; (client = accept(listener, nullptr, nullptr)) >= 0; close(client)) {
    std::string request(16'384, '\0');
    std::size_t length = 0;
    while (length < request.size() && request.find("\r\n\r\n") == request.npos) {
      const ssize_t got = read(client, request.data() + length, request.size() - length);
      if (got <= 0) break;
      length += static_cast<std::size_t>(got);
    }
    const std::string text = "HTTP/1.0 " + answer(verifier, request);
    if (send(client, text.data(), text.size(), MSG_NOSIGNAL) < 0) std::cerr << "nobody heard\n";
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return std::cerr << "service CONFIG.json PORT\n", 2;
  std::ifstream file(arguments[1]);
  const std::string config{std::istreambuf_iterator<char>(file), {}};
  const auto opened = rescind::Verifier::open(config);
  if (!opened.verifier) return std::cerr << opened.error << "\n", 2;
  sockaddr_in address{AF_INET, htons(static_cast<in_port_t>(std::stoi(arguments[2]))), {}, {}};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 3;
  listen(listener, 64);
  std::vector<std::jthread> threads;  // one Verifier for all of them
  for (int i = 0; i < 4; ++i) threads.emplace_back(serve, listener, std::cref(*opened.verifier));
}
