#include "net/http_client.h"

#include <algorithm>
#include <utility>

#include "net/client_core.h"
#include "net/client_exchange.h"

namespace rescind::net {
namespace {

bool is_clients_business(std::string_view name) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"host", "content-length", "content-type",
                                              "connection", "transfer-encoding", "expect"},
      [&](std::string_view ours) { return equal_ignoring_case(name, ours); });
}

bool is_header_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
  });
}

Result<std::string> write_head(std::string_view method, const Url& url, const HeaderList& headers,
                               std::string_view connection) {
  std::string out;
  out.append(method).append(" ").append(url.target).append(" HTTP/1.1\r\nHost: ");
  out.append(url.authority()).append("\r\nUser-Agent: rescind\r\n");
  if (!connection.empty()) out.append("Connection: ").append(connection).append("\r\n");
  for (const auto& [name, value] : headers) {
    if (!is_token(name) || is_clients_business(name) || !is_header_value(value)) {
      return fail(ErrorCode::kInvalid, "a request's header cannot be sent");
    }
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return out;
}

bool is_repeatable(const FetchRequest& request) {
  const bool idempotent = request.method != Method::kPost && request.method != Method::kPatch;
  return idempotent || std::ranges::any_of(request.headers, [](const auto& field) {
           return equal_ignoring_case(field.first, "idempotency-key");
         });
}

Result<ExchangePlan> plan_of(FetchRequest request) {
  if (request.method == Method::kConnect || request.method == Method::kTrace ||
      request.method == Method::kOther || !is_header_value(request.content_type)) {
    return fail(ErrorCode::kInvalid, "a request that cannot be sent");
  }
  ExchangePlan plan{.method = request.method,
                    .repeatable = is_repeatable(request),
                    .connect_timeout = request.connect_timeout,
                    .timeout = request.timeout,
                    .max_body = request.max_body};
  TRY_ASSIGN(plan.url, Url::parse(request.url));
  TRY_ASSIGN(plan.head, write_head(to_string(request.method), plan.url, request.headers, {}));
  if (!request.content_type.empty()) {
    plan.head.append("Content-Type: ").append(request.content_type).append("\r\n");
  }
  const bool has_body = request.method != Method::kGet && request.method != Method::kHead;
  if (has_body || !request.body.empty()) {
    plan.head.append("Content-Length: ").append(std::to_string(request.body.size()));
    plan.head.append("\r\n");
  }
  plan.head.append("\r\n");
  plan.body = std::move(request.body);
  return plan;
}

Result<ExchangePlan> plan_of(const StreamRequest& request) {
  ExchangePlan plan{.repeatable = true,
                    .upgrade = request.upgrade,
                    .connect_timeout = request.connect_timeout,
                    .timeout = request.connect_timeout + request.head_timeout,
                    .idle_timeout = request.idle_timeout,
                    .max_body = BodyDecoder::kNoLimit};
  TRY_ASSIGN(plan.url, Url::parse(request.url));
  TRY_ASSIGN(plan.head,
             write_head("GET", plan.url, request.headers, request.upgrade ? "Upgrade" : "close"));
  plan.head.append("\r\n");
  return plan;
}

class ExchangeStream final : public ClientStream {
 public:
  explicit ExchangeStream(std::shared_ptr<ClientExchange> exchange)
      : exchange_(std::move(exchange)) {}
  ~ExchangeStream() override { exchange_->cancel(); }
  ExchangeStream(const ExchangeStream&) = delete;
  ExchangeStream& operator=(const ExchangeStream&) = delete;
  bool send(std::string bytes) override { return exchange_->send(std::move(bytes)); }

 private:
  std::shared_ptr<ClientExchange> exchange_;
};

}  // namespace

struct Client::Body {
  Body(Loop& owner, ClientOptions options) : loop(owner), core(owner.core(), std::move(options)) {}
  Loop& loop;
  ClientCore core;
};

Client::Client(Loop& loop, ClientOptions options)
    : body_(std::make_shared<Body>(loop, std::move(options))) {}

Client::~Client() {
  body_->loop.call([this] { body_->core.close(); });
}

void Client::fetch(FetchRequest request, Callback callback) {
  auto plan = plan_of(std::move(request));
  if (!plan) {
    return body_->loop.post([error = std::move(plan).error(), callback = std::move(callback),
                             body = std::weak_ptr(body_)]() mutable {
      if (!body.expired()) callback(std::unexpected(std::move(error)));
    });
  }
  auto response = std::make_shared<Response>();
  ExchangeCallbacks callbacks{
      .on_head = [response](Response head) { *response = std::move(head); },
      .on_data = [response](std::string_view data) { response->body.append(data); },
      .on_end =
          [response, callback = std::move(callback)](std::optional<Error> error) mutable {
            if (error) return callback(std::unexpected(*std::move(error)));
            callback(std::move(*response));
          }};
  auto exchange =
      std::make_shared<ClientExchange>(body_->core, *std::move(plan), std::move(callbacks));
  body_->loop.post([body = std::weak_ptr(body_), exchange = std::move(exchange)] {
    if (const auto alive = body.lock()) alive->core.start(exchange);
  });
}

std::unique_ptr<ClientStream> Client::open_stream(StreamRequest request,
                                                  StreamCallbacks callbacks) {
  auto plan = plan_of(request);
  auto on_end = [on_end = callbacks.on_end](const std::optional<Error>& error) {
    on_end(error.value_or(Error{ErrorCode::kUnavailable, "the stream has ended"}));
  };
  ExchangeCallbacks calls{
      .on_head = [on_head = callbacks.on_head](const Response& head) { on_head(head); },
      .on_data = callbacks.on_data,
      .on_end = std::move(on_end)};
  std::optional<Error> refused;
  if (!plan) refused = plan.error();
  auto exchange = std::make_shared<ClientExchange>(
      body_->core, plan ? *std::move(plan) : ExchangePlan{}, std::move(calls));
  body_->loop.post([body = std::weak_ptr(body_), exchange, refused = std::move(refused)] {
    const auto alive = body.lock();
    if (!alive) return;
    if (refused) return exchange->refuse(*refused);
    alive->core.start(exchange);
  });
  return std::make_unique<ExchangeStream>(std::move(exchange));
}

Result<Response> blocking_fetch(FetchRequest request, ClientOptions options) {
  Loop loop;
  Result<Response> result = fail(ErrorCode::kInternal, "the request was not sent");
  Client client(loop, std::move(options));
  client.fetch(std::move(request), [&](Result<Response> answer) {
    result = std::move(answer);
    loop.stop();
  });
  loop.run();
  return result;
}

}  // namespace rescind::net
