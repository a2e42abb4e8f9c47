// The functions of rescind/rescind.h for index.js, which gives them their shape. Node-API 8.
#include "addon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ok(napi_env env, napi_status status) {
  if (status == napi_ok) return true;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) {
    const char* what = status == napi_string_expected ? "a string is expected" : "a wrong argument";
    napi_throw_type_error(env, NULL, what);
  }
  return false;
}

bool text_of(napi_env env, napi_value value, struct text* text) {
  text->bytes = text->inline_bytes;
  text->length = 0;
  if (!ok(env, napi_get_value_string_utf8(env, value, text->bytes, sizeof text->inline_bytes,
                                          &text->length))) {
    return false;
  }
  // A character has at most 4 bytes: with that many to spare nothing was cut off.
  if (text->length + 4 < sizeof text->inline_bytes) return true;
  if (!ok(env, napi_get_value_string_utf8(env, value, NULL, 0, &text->length))) return false;
  text->bytes = malloc(text->length + 1);
  if (text->bytes == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return false;
  }
  return ok(env,
            napi_get_value_string_utf8(env, value, text->bytes, text->length + 1, &text->length));
}

void text_free(struct text* text) {
  if (text->bytes != text->inline_bytes) free(text->bytes);
}

struct handle* handle_of(napi_env env, napi_value value) {
  void* found = NULL;
  if (!ok(env, napi_get_value_external(env, value, &found))) return NULL;
  struct handle* handle = found;
  if (handle->rescind == NULL) {
    napi_throw_error(env, "RESCIND_CLOSED", "this Rescind is closed");
    return NULL;
  }
  return handle;
}

static void close_handle(struct handle* handle) {
  end_watches(handle);
  rescind_close(handle->rescind);
  handle->rescind = NULL;
}

static void collect_handle(napi_env env, void* data, void* hint) {
  (void)env;
  (void)hint;
  close_handle(data);
  free(data);
}

// open(config) → external
static napi_value open_handle(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  if (!ok(env, napi_get_cb_info(env, info, &count, &argument, NULL, NULL))) return NULL;
  struct handle* handle = calloc(1, sizeof *handle);
  struct text config;
  napi_value result = NULL;
  if (text_of(env, argument, &config) && handle != NULL) {
    char error[1024] = "";
    handle->rescind = rescind_open(config.bytes, config.length, error, sizeof error);
    if (handle->rescind == NULL) {
      napi_throw_error(env, "RESCIND_OPEN", error);
    } else if (!ok(env, napi_create_external(env, handle, collect_handle, NULL, &result))) {
      result = NULL;
    }
  }
  text_free(&config);
  if (result == NULL && handle != NULL) {
    rescind_close(handle->rescind);
    free(handle);
  }
  return result;
}

// close(handle); closed ones too
static napi_value close_js(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  void* handle = NULL;
  if (ok(env, napi_get_cb_info(env, info, &count, &argument, NULL, NULL)) &&
      ok(env, napi_get_value_external(env, argument, &handle))) {
    close_handle(handle);
  }
  return NULL;
}

static napi_value string_of(napi_env env, const char* text) {
  napi_value value = NULL;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

// new Claims(acceptedStale, issuer, subject, tokenId, sessionId, clientId, scope, expiresAt,
// payload)
static napi_value claims_of(napi_env env, napi_value constructor,
                            const rescind_decision_t* decision) {
  const rescind_claims_t* claims = decision->claims;
  napi_value arguments[9] = {NULL};
  napi_get_boolean(env, decision->accepted_stale != 0, &arguments[0]);
  arguments[1] = string_of(env, rescind_claims_issuer(claims));
  arguments[2] = string_of(env, rescind_claims_subject(claims));
  arguments[3] = string_of(env, rescind_claims_token_id(claims));
  arguments[4] = string_of(env, rescind_claims_session_id(claims));
  arguments[5] = string_of(env, rescind_claims_client_id(claims));
  arguments[6] = string_of(env, rescind_claims_scope(claims));
  napi_create_int64(env, rescind_claims_expires_at(claims), &arguments[7]);
  size_t length = 0;
  const char* payload = rescind_claims_payload(claims, &length);
  napi_create_string_utf8(env, payload, length, &arguments[8]);
  napi_value result = NULL;
  ok(env, napi_new_instance(env, constructor, 9, arguments, &result));
  return result;
}

// null for "stale", a string for the reason of a refusal
static napi_value refusal_of(napi_env env, const rescind_decision_t* decision) {
  napi_value result = NULL;
  if (decision->verdict == RESCIND_STALE) {
    napi_get_null(env, &result);
  } else {
    result = string_of(env, decision->reason);
  }
  return result;
}

// Claims | reason | null (stale)
static napi_value verdict_of(napi_env env, napi_value constructor,
                             const rescind_decision_t* decision) {
  if (decision->verdict != RESCIND_ACCEPTED) return refusal_of(env, decision);
  napi_value result = claims_of(env, constructor, decision);
  rescind_claims_free(decision->claims);
  return result;
}

// verify(handle, token, Claims)
static napi_value verify(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL))) return NULL;
  struct handle* handle = handle_of(env, arguments[0]);
  if (handle == NULL) return NULL;
  struct text token;
  napi_value result = NULL;
  if (text_of(env, arguments[1], &token)) {
    rescind_decision_t decision;
    rescind_verify(handle->rescind, token.bytes, token.length, &decision);
    result = verdict_of(env, arguments[2], &decision);
  }
  text_free(&token);
  return result;
}

// verifyAt(handle, token, position, Claims); waits for nothing
static napi_value verify_at(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL))) return NULL;
  struct handle* handle = handle_of(env, arguments[0]);
  if (handle == NULL) return NULL;
  struct text token;
  struct text position;
  position.bytes = position.inline_bytes;
  napi_value result = NULL;
  if (text_of(env, arguments[1], &token) && text_of(env, arguments[2], &position)) {
    rescind_decision_t decision;
    rescind_verify_at(handle->rescind, token.bytes, token.length, position.bytes, 0, &decision);
    result = verdict_of(env, arguments[3], &decision);
  }
  text_free(&token);
  text_free(&position);
  return result;
}

// isRevoked(handle, payload, keyId | undefined) → undefined (no) | reason | null (stale)
static napi_value is_revoked(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL))) return NULL;
  struct handle* handle = handle_of(env, arguments[0]);
  if (handle == NULL) return NULL;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, arguments[2], &type);
  const bool named = type == napi_string;
  struct text payload;
  struct text key_id;
  key_id.bytes = key_id.inline_bytes;
  napi_value result = NULL;
  if (text_of(env, arguments[1], &payload) && (!named || text_of(env, arguments[2], &key_id))) {
    rescind_decision_t decision;
    rescind_is_revoked(handle->rescind, payload.bytes, payload.length, named ? key_id.bytes : NULL,
                       &decision);
    if (decision.verdict != RESCIND_ACCEPTED) result = refusal_of(env, &decision);
  }
  text_free(&payload);
  text_free(&key_id);
  return result;
}

static void set_number(napi_env env, napi_value object, const char* name, double number) {
  napi_value value = NULL;
  if (napi_create_double(env, number, &value) == napi_ok) {
    napi_set_named_property(env, object, name, value);
  }
}

static void set_boolean(napi_env env, napi_value object, const char* name, bool truth) {
  napi_value value = NULL;
  if (napi_get_boolean(env, truth, &value) == napi_ok) {
    napi_set_named_property(env, object, name, value);
  }
}

// state(handle) → object
static napi_value state_js(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  if (!ok(env, napi_get_cb_info(env, info, &count, &argument, NULL, NULL))) return NULL;
  struct handle* handle = handle_of(env, argument);
  napi_value result = NULL;
  if (handle == NULL || !ok(env, napi_create_object(env, &result))) return NULL;
  rescind_state_t state;
  rescind_state(handle->rescind, &state);
  char position[48];
  snprintf(position, sizeof position, "%llu.%llu", (unsigned long long)state.term,
           (unsigned long long)state.number);
  napi_set_named_property(env, result, "position", string_of(env, position));
  if (state.staleness_ms != INT64_MAX) {
    set_number(env, result, "stalenessMs", (double)state.staleness_ms);
  }
  set_number(env, result, "maxStalenessMs", (double)state.max_staleness_ms);
  set_boolean(env, result, "fresh", state.fresh != 0);
  set_boolean(env, result, "shared", state.shared != 0);
  napi_set_named_property(env, result, "onStale", string_of(env, state.on_stale));
  set_number(env, result, "revocations", (double)state.revocations);
  set_number(env, result, "checks", (double)state.checks);
  set_number(env, result, "signatures", (double)state.signatures);
  char error[1024] = "";
  rescind_error(handle->rescind, error, sizeof error);
  napi_set_named_property(env, result, "error", string_of(env, error));
  return result;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"open", NULL, open_handle, NULL, NULL, NULL, napi_enumerable, NULL},
      {"close", NULL, close_js, NULL, NULL, NULL, napi_enumerable, NULL},
      {"verify", NULL, verify, NULL, NULL, NULL, napi_enumerable, NULL},
      {"verifyAt", NULL, verify_at, NULL, NULL, NULL, napi_enumerable, NULL},
      {"isRevoked", NULL, is_revoked, NULL, NULL, NULL, napi_enumerable, NULL},
      {"watch", NULL, add_watch, NULL, NULL, NULL, napi_enumerable, NULL},
      {"unwatch", NULL, end_watch, NULL, NULL, NULL, napi_enumerable, NULL},
      {"state", NULL, state_js, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  napi_set_named_property(env, exports, "version", string_of(env, rescind_version()));
  return exports;
}
