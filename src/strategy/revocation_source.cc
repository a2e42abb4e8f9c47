#include "strategy/revocation_source.h"

#include <string>
#include <utility>

namespace rescind::strategy {

void WithFallback::ask(std::string_view token, const verifier::Pending& pending, Then then) {
  first_.ask(token, pending,
             [this, token = std::string(token), pending,
              then = std::move(then)](verifier::Answer answer) mutable {
               if (answer != verifier::Answer::kUnavailable) return then(answer);
               second_.ask(token, pending, std::move(then));
             });
}

}  // namespace rescind::strategy
