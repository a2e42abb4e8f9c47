/* The C ABI of Rescind: is this token good, and has it been revoked? For C and for every language
 * that can call C. Link with librescind (pkg-config: rescind). ABI 1: nothing here changes or goes
 * away; what is added comes with a new symbol version.
 *
 * A handle is opened once for the process and shared by all of its threads. A check asks nobody: it
 * reads the index that the host's agent keeps in shared memory or, where there is no agent, the one
 * that the handle itself keeps by following the feed.
 *
 *   char error[256];
 *   rescind_t* rescind = rescind_open(config, strlen(config), error, sizeof error);
 *   rescind_decision_t decision;
 *   rescind_verify(rescind, token, token_length, &decision);
 *   if (decision.verdict == RESCIND_ACCEPTED) puts(rescind_claims_subject(decision.claims));
 *   rescind_claims_free(decision.claims);
 *
 * Threads: every function may be called from any thread; rescind_close() once all others have
 * returned. No function throws, aborts or prints. Texts are UTF-8 and end in a NUL.
 */
#ifndef RESCIND_RESCIND_H
#define RESCIND_RESCIND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RESCIND_ABI 1

typedef struct rescind_handle rescind_t;
typedef struct rescind_claims rescind_claims_t;
typedef struct rescind_watch_handle rescind_watch_t;

/* `config` is a JSON object; docs/library.md has its members. An example:
 *   {"index": "/dev/shm/rescind.index",
 *    "issuers": [{"issuer": "https://auth.example", "audiences": ["orders"]}]}
 * or, without an agent, "feed": {"url": "https://auth.example/v1/feed", …} in place of "index".
 * NULL where that cannot be: what, why and what to do stands in `error` (cut to `error_size` bytes,
 * the NUL included). Where the index or the feed is only not there *yet*, there is a handle, which
 * says "stale" until it comes. */
rescind_t* rescind_open(const char* config, size_t length, char* error, size_t error_size);
void rescind_close(rescind_t* rescind); /* NULL: nothing */

typedef enum {
  RESCIND_ACCEPTED = 0,
  RESCIND_REFUSED = 1,
  /* Nobody can vouch for the index now, and the policy is to refuse: not "revoked", but "cannot
   * decide" (HTTP 503). */
  RESCIND_STALE = 2
} rescind_verdict_t;

typedef struct {
  int32_t verdict; /* rescind_verdict_t */
  /* 1: accepted only because the policy is to accept while nobody can vouch for the index. */
  int32_t accepted_stale;
  /* A stable word, "revoked", "expired" …; NULL where it is accepted. Never freed. */
  const char* reason;
  /* rescind_verify() only: who it is. NULL unless accepted. For rescind_claims_free(). */
  rescind_claims_t* claims;
} rescind_decision_t;

/* Everything that a token has to be: well-formed, of a configured issuer, signed by its key, for
 * this audience, alive, not revoked. Never fails: every input has a verdict. */
void rescind_verify(rescind_t* rescind, const char* token, size_t length,
                    rescind_decision_t* decision);

/* The same for a caller who knows of a revocation: `position` is the "term.number" of its header
 * Revocation-Position, of the feed of the token's issuer; NULL, or what is none, is ignored. A
 * token that would be accepted waits, this thread with it, until the index has reached it, for
 * `wait_ms` and a second at most, 64 threads at once. Else the policy for what is stale decides:
 * RESCIND_STALE, or accepted_stale. */
void rescind_verify_at(rescind_t* rescind, const char* token, size_t length, const char* position,
                       int64_t wait_ms, rescind_decision_t* decision);

/* For who has verified the token already (a framework, a gateway): only whether it has been
 * revoked. `payload` is its payload as JSON; `key_id` the `kid` of its header, or NULL. A payload
 * that is no JSON object, or has no `iss` or `exp`, is refused ("json", "claim"); with several
 * indexes also that of an issuer that is not configured ("issuer"). */
void rescind_is_revoked(rescind_t* rescind, const char* payload, size_t length, const char* key_id,
                        rescind_decision_t* decision);

/* Of an accepted token; the texts live as long as `claims`. "" where the token has no such claim.
 */
const char* rescind_claims_issuer(const rescind_claims_t* claims);
const char* rescind_claims_subject(const rescind_claims_t* claims);
const char* rescind_claims_token_id(const rescind_claims_t* claims);
const char* rescind_claims_session_id(const rescind_claims_t* claims);
const char* rescind_claims_client_id(const rescind_claims_t* claims);
const char* rescind_claims_scope(const rescind_claims_t* claims);
int64_t rescind_claims_expires_at(const rescind_claims_t* claims); /* s since 1970 */
/* The whole payload as JSON, as it was signed. */
const char* rescind_claims_payload(const rescind_claims_t* claims, size_t* length);
void rescind_claims_free(rescind_claims_t* claims); /* NULL: nothing */

/* For what outlives a request (a WebSocket, a stream, a job): calls `on_revoked` once, on a thread
 * of the library's, as soon as a token with this payload is revoked, with the reason; at once where
 * it is already. Not for its expiry. NULL where the payload is refused as by rescind_is_revoked().
 * rescind_unwatch() may not be called from within `on_revoked`; once it has returned, `on_revoked`
 * is not called any more. */
typedef void (*rescind_on_revoked_t)(const char* reason, void* user);
rescind_watch_t* rescind_watch(rescind_t* rescind, const char* payload, size_t length,
                               const char* key_id, rescind_on_revoked_t on_revoked, void* user);
void rescind_unwatch(rescind_watch_t* watch); /* NULL: nothing */

typedef struct {
  /* Of several indexes that which is least up to date: */
  uint64_t term; /* the position that it has reached */
  uint64_t number;
  int64_t staleness_ms; /* how old its knowledge is; INT64_MAX: it cannot be said */
  int64_t max_staleness_ms;
  int32_t fresh;        /* 1: staleness is within the bound */
  int32_t shared;       /* 1: the index of an agent; 0: this handle's own */
  const char* on_stale; /* "refuse", "accept" */
  uint64_t revocations; /* live ones, of all indexes */
  uint64_t checks;      /* since open, of all threads */
  uint64_t signatures;  /* of these, signature checks done */
} rescind_state_t;
void rescind_state(rescind_t* rescind, rescind_state_t* state);
/* Why `fresh` is 0, as far as that is known, for a person: cut to `error_size` bytes, the NUL
 * included; "" while it is 1. */
void rescind_error(rescind_t* rescind, char* error, size_t error_size);

/* Of the library at hand: "0.1.0". */
const char* rescind_version(void);

#ifdef __cplusplus
}
#endif

#endif
