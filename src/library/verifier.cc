// rescind::Verifier (include/rescind/verifier.h) over a Checker.

#include "rescind/verifier.h"

#include <sys/types.h>
#include <unistd.h>

#include <utility>

#include "library/checker.h"

namespace rescind {

struct Verifier::Body {
  const pid_t process = getpid();
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<library::Checker> checker;
};

Verifier::Verifier(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Verifier::~Verifier() {
  // In the child of a fork the threads that would be waited for do not exist: it is left as it is.
  if (body_->process != getpid()) static_cast<void>(body_.release());
}

Verifier::Opened Verifier::open(std::string_view config) {
  auto body = std::make_unique<Body>();
  auto checker = library::Checker::open(config, body->clock, body->random);
  if (!checker) return {.verifier = nullptr, .error = checker.error().message};
  body->checker = *std::move(checker);
  return {.verifier = std::unique_ptr<Verifier>(new Verifier(std::move(body))), .error = {}};
}

Decision Verifier::verify(std::string_view token) const { return body_->checker->verify(token); }

Decision Verifier::verify_at(std::string_view token, std::string_view position,
                             std::chrono::milliseconds wait) const {
  return body_->checker->verify_at(token, position, wait);
}

Decision Verifier::is_revoked(std::string_view payload,
                              std::optional<std::string_view> key_id) const {
  return body_->checker->is_revoked(payload, key_id);
}

std::unique_ptr<Verifier::Watch> Verifier::on_revoked(std::string_view payload,
                                                      std::optional<std::string_view> key_id,
                                                      std::function<void(Reason)> then) const {
  return body_->checker->on_revoked(payload, key_id, std::move(then));
}

Verifier::State Verifier::state() const { return body_->checker->state(); }

}  // namespace rescind
