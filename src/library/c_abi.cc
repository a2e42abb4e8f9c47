// The C ABI (include/rescind/rescind.h) over rescind::Verifier. No exception leaves it: what is
// left of them (memory that ran out) ends in NULL, or in "stale".

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rescind/rescind.h"
#include "rescind/verifier.h"

struct rescind_handle {
  std::unique_ptr<rescind::Verifier> verifier;
};

struct rescind_claims {
  rescind::Decision decision;  // accepted: it holds them
};

struct rescind_watch_handle {
  std::unique_ptr<rescind::Verifier::Watch> watch;
};

namespace {

using rescind::Decision;
using rescind::Reason;

constexpr const char* kNoMemory = "out of memory";

// As much as fits, and a NUL.
void copy_text(std::string_view text, char* out, std::size_t size) {
  if (out == nullptr || size == 0) return;
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
}

std::string_view view(const char* text, std::size_t length) {
  return text == nullptr ? std::string_view() : std::string_view(text, length);
}

std::optional<std::string_view> key_id_of(const char* key_id) {
  return key_id == nullptr ? std::nullopt : std::optional<std::string_view>(key_id);
}

// The words of to_string are literals, so they end in a NUL.
const char* word(Reason reason) { return to_string(reason).data(); }

rescind_decision_t cannot_decide() {
  return {.verdict = RESCIND_STALE,
          .accepted_stale = 0,
          .reason = word(Reason::kStale),
          .claims = nullptr};
}

rescind_decision_t decision_of(const Decision& decision) {
  const auto reason = decision.reason();
  if (reason == Reason::kStale) return cannot_decide();
  return {.verdict = reason ? RESCIND_REFUSED : RESCIND_ACCEPTED,
          .accepted_stale = decision.stale() ? 1 : 0,
          .reason = reason ? word(*reason) : nullptr,
          .claims = decision.claims() != nullptr ? new rescind_claims{decision} : nullptr};
}

template <typename Decide>
void decide(rescind_decision_t* out, const Decide& how) {
  try {
    *out = decision_of(how());
  } catch (...) {
    *out = cannot_decide();
  }
}

const rescind::Claims& of(const rescind_claims_t* claims) { return *claims->decision.claims(); }

}  // namespace

rescind_t* rescind_open(const char* config, size_t length, char* error, size_t error_size) {
  try {
    auto opened = rescind::Verifier::open(view(config, length));
    copy_text(opened.error, error, error_size);
    if (!opened.verifier) return nullptr;
    return new rescind_handle{std::move(opened.verifier)};
  } catch (...) {
    copy_text(kNoMemory, error, error_size);
    return nullptr;
  }
}

void rescind_close(rescind_t* rescind) { delete rescind; }

void rescind_verify(rescind_t* rescind, const char* token, size_t length,
                    rescind_decision_t* decision) {
  decide(decision, [&] { return rescind->verifier->verify(view(token, length)); });
}

void rescind_verify_at(rescind_t* rescind, const char* token, size_t length, const char* position,
                       int64_t wait_ms, rescind_decision_t* decision) {
  // More than a second is a second, and would not fit into a time for all that.
  const std::chrono::milliseconds wait(std::clamp<std::int64_t>(wait_ms, 0, 1'000));
  decide(decision, [&] {
    return rescind->verifier->verify_at(view(token, length), position == nullptr ? "" : position,
                                        wait);
  });
}

void rescind_is_revoked(rescind_t* rescind, const char* payload, size_t length, const char* key_id,
                        rescind_decision_t* decision) {
  decide(decision,
         [&] { return rescind->verifier->is_revoked(view(payload, length), key_id_of(key_id)); });
}

const char* rescind_claims_issuer(const rescind_claims_t* claims) {
  return of(claims).issuer.c_str();
}
const char* rescind_claims_subject(const rescind_claims_t* claims) {
  return of(claims).subject.c_str();
}
const char* rescind_claims_token_id(const rescind_claims_t* claims) {
  return of(claims).token_id.c_str();
}
const char* rescind_claims_session_id(const rescind_claims_t* claims) {
  return of(claims).session_id.c_str();
}
const char* rescind_claims_client_id(const rescind_claims_t* claims) {
  return of(claims).client_id.c_str();
}
const char* rescind_claims_scope(const rescind_claims_t* claims) {
  return of(claims).scope.c_str();
}
int64_t rescind_claims_expires_at(const rescind_claims_t* claims) { return of(claims).expires_at; }

const char* rescind_claims_payload(const rescind_claims_t* claims, size_t* length) {
  const std::string& payload = of(claims).payload;
  if (length != nullptr) *length = payload.size();
  return payload.c_str();
}

void rescind_claims_free(rescind_claims_t* claims) { delete claims; }

rescind_watch_t* rescind_watch(rescind_t* rescind, const char* payload, size_t length,
                               const char* key_id, rescind_on_revoked_t on_revoked, void* user) {
  try {
    auto watch = rescind->verifier->on_revoked(
        view(payload, length), key_id_of(key_id),
        [on_revoked, user](Reason reason) { on_revoked(word(reason), user); });
    return watch ? new rescind_watch_handle{std::move(watch)} : nullptr;
  } catch (...) {
    return nullptr;
  }
}

void rescind_unwatch(rescind_watch_t* watch) { delete watch; }

void rescind_state(rescind_t* rescind, rescind_state_t* state) {
  *state = {};
  state->staleness_ms = std::numeric_limits<std::int64_t>::max();
  state->on_stale = "refuse";
  try {
    const rescind::Verifier::State known = rescind->verifier->state();
    state->term = known.term;
    state->number = known.number;
    state->staleness_ms = known.staleness.count();
    state->max_staleness_ms = known.max_staleness.count();
    state->fresh = known.fresh ? 1 : 0;
    state->shared = known.shared ? 1 : 0;
    state->on_stale = known.on_stale.data();  // a literal
    state->revocations = known.revocations;
    state->checks = known.checks;
    state->signatures = known.signatures;
  } catch (...) {
    state->fresh = 0;
  }
}

void rescind_error(rescind_t* rescind, char* error, size_t error_size) {
  try {
    copy_text(rescind->verifier->state().error, error, error_size);
  } catch (...) {
    copy_text(kNoMemory, error, error_size);
  }
}

const char* rescind_version(void) { return RESCIND_VERSION; }
