#include "transport/broker_url.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "net/form.h"
#include "net/url.h"

namespace rescind::transport {
namespace {

constexpr std::size_t kMaxSecretBytes = 64 << 10;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

class Parser {
 public:
  Parser(std::string_view shape, std::uint16_t port) : shape_(shape), port_(port) {}

  Result<BrokerUrl> parse(std::string_view rest) {
    BrokerUrl url;
    if (rest.contains('#')) return wrong("there are no fragments");
    if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
      TRY_ASSIGN(const net::Form form, net::Form::parse(rest.substr(mark + 1)));
      url.options = form.fields();
      rest = rest.substr(0, mark);
    }
    const std::size_t slash = rest.find('/');
    std::string_view hosts = rest.substr(0, slash);
    if (const std::size_t at = hosts.rfind('@'); at != std::string_view::npos) {
      TRY(read_user(hosts.substr(0, at), url));
      hosts.remove_prefix(at + 1);
    }
    TRY(read_hosts(hosts, url));
    const auto name =
        net::percent_decode(slash == std::string_view::npos ? "" : rest.substr(slash + 1));
    if (!name) return wrong("the name is not encoded well");
    url.name = *name;
    return url;
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kInvalid, std::string(shape_) + ": " + std::string(what));
  }

  Result<void> read_user(std::string_view user_info, BrokerUrl& to) const {
    const std::size_t colon = user_info.find(':');
    const bool has_password = colon != std::string_view::npos;
    const auto user = net::percent_decode(user_info.substr(0, colon));
    auto password = net::percent_decode(has_password ? user_info.substr(colon + 1) : "");
    if (!user || !password || (user->empty() && password->empty())) {
      return wrong("the user or the password is not encoded well");
    }
    to.user = *user;
    if (has_password) to.password = Secret(*std::move(password));
    return {};
  }

  Result<void> read_hosts(std::string_view list, BrokerUrl& to) const {
    for (;;) {
      const std::size_t comma = list.find(',');
      TRY_ASSIGN(std::string host, read_host(list.substr(0, comma)));
      to.hosts.push_back(std::move(host));
      if (comma == std::string_view::npos) return {};
      list.remove_prefix(comma + 1);
    }
  }

  // "host" and "host:port", strictly.
  Result<std::string> read_host(std::string_view text) const {
    const std::size_t colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos && text.find(']', colon) == text.npos;
    const std::string_view host = has_port ? text.substr(0, colon) : text;
    const auto of_host = [](char c) {
      return is_alphanumeric(c) || std::string_view(".-_[]:").contains(c);
    };
    if (host.empty() || !std::ranges::all_of(host, of_host)) return wrong("a host has no name");
    if (!has_port) return std::string(host) + ":" + std::to_string(port_);
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), port);
    if (error != std::errc() || end != digits.end() || port == 0) return wrong("a port is wrong");
    return std::string(text);
  }

  std::string_view shape_;
  std::uint16_t port_;
};

}  // namespace

Result<BrokerUrl> BrokerUrl::parse(std::string_view url, std::string_view shape,
                                   std::uint16_t port) {
  const std::size_t scheme = url.find("://");
  return Parser(shape, port).parse(scheme == url.npos ? "" : url.substr(scheme + 3));
}

bool BrokerUrl::all_loopback() const {
  return std::ranges::all_of(
      hosts, [](std::string_view host) { return net::is_loopback(host_and_port(host).first); });
}

std::string BrokerUrl::host_list() const {
  std::string list;
  for (const std::string& host : hosts) list += (list.empty() ? "" : ",") + host;
  return list;
}

std::pair<std::string, std::uint16_t> host_and_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  std::uint16_t port = 0;
  std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
  std::string_view name = host.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return {std::string(name), port};
}

Result<Secret> secret_in(std::string_view option, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxSecretBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) {
    return fail(ErrorCode::kInvalid,
                "the file that " + std::string(option) + " names cannot be read, or is empty");
  }
  return Secret(std::move(text));
}

bool is_plain_name(std::string_view name) {
  return std::ranges::all_of(
      name, [](char c) { return is_alphanumeric(c) || std::string_view("._-").contains(c); });
}

}  // namespace rescind::transport
