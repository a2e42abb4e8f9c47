#pragma once
// HTTP messages (RFC 9110), as our server and client have them. Values without threads.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/form.h"
#include "net/header_value.h"

namespace rescind::net {

// kOther: a method that exists for somebody else (PROPFIND); its name is in the request.
enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kPatch,
  kDelete,
  kOptions,
  kConnect,
  kTrace,
  kOther,
};
std::string_view to_string(Method method);
Method method_named(std::string_view name);

struct Header {
  std::string_view name;   // a token, as it was sent
  std::string_view value;  // trimmed; no control characters
};

// Received header fields in the order sent: views into the connection's buffer.
class Headers {
 public:
  // The first of that name, whatever its case. Where a second one would be an attack, ask count().
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }
  void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
  void clear() { fields_.clear(); }

 private:
  std::vector<Header> fields_;
};

// A received request: views that live until the handler has returned and its Responder has been
// used or has ended.
struct Request {
  Method method = Method::kGet;
  std::string_view method_name;
  std::string_view target;  // as sent
  std::string_view path;    // as sent: percent-encoded (valid escapes), not normalised; "*" for *
  std::string_view query;   // behind the first `?`, encoded; empty where there is none
  std::string_view host;    // the one Host header; empty only with HTTP/1.0
  Headers headers;
  std::string_view body;  // complete, the transfer coding undone
  std::string_view peer;  // "192.0.2.1:5431", "[2001:db8::1]:5431", "unix"
  bool over_tls = false;
  bool version_1_0 = false;

  Result<Form> query_form() const { return Form::parse(query); }
  // kInvalid also where the Content-Type is no application/x-www-form-urlencoded.
  Result<Form> body_form() const;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// A response, to be sent or as received. Connection, Content-Length, Date and Transfer-Encoding are
// the server's and client's own business.
struct Response {
  int status = 200;
  std::string content_type;  // not among `headers`; empty: none
  HeaderList headers;
  std::string body;
  // Sent in place of `body` where it is set, without a copy: for large things that many ask for.
  std::shared_ptr<const std::string> shared_body;

  // The first of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const;
};

// "Not Found"; empty for a status without a phrase.
std::string_view status_phrase(int status);

// A problem (RFC 9457) without a type of its own: "title" is the status's phrase.
Response problem_response(int status, std::string_view detail = {});

}  // namespace rescind::net
