#include "net/responder.h"

#include "base/check.h"

namespace rescind::net {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    Responder ending(std::move(exchange_));
    exchange_ = std::move(other.exchange_);
  }
  return *this;
}

Responder::~Responder() {
  if (exchange_) respond(Response{.status = 500});
}

const Request& Responder::request() const {
  CHECK(exchange_);
  return exchange_->request();
}

void Responder::respond(Response response) {
  CHECK(exchange_);
  Exchange& exchange = *exchange_;
  exchange.respond(std::move(exchange_), std::move(response));
}

std::shared_ptr<Stream> Responder::stream(Response head) {
  CHECK(exchange_);
  Exchange& exchange = *exchange_;
  return exchange.stream(std::move(exchange_), std::move(head));
}

std::shared_ptr<Stream> Responder::upgrade(Response head, Exchange::OnData on_data) {
  CHECK(exchange_);
  Exchange& exchange = *exchange_;
  return exchange.upgrade(std::move(exchange_), std::move(head), std::move(on_data));
}

}  // namespace rescind::net
